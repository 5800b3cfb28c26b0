/** When the look before a deletion by `_id` failed, the user was deleted all the same, but the event named nobody, neither name found it, and the person's session lived on and created them anew. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores: [string, Record<string, string>][] = [
  ['in this process', {}],
  ...(redisUrl ? [['in Redis', { REDIS_URL: redisUrl }] as [string, Record<string, string>]] : []),
]

describe.each(stores)('sessions %s', (_name, env) => {
  let bff: Bff
  let admin: Carried
  beforeAll(async () => {
    bff = await startBff({ env })
    admin = await bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })

  let count = 0
  const newName = (): string => `victim-${++count}`
  const idOf = async (headers: Carried): Promise<string> =>
    (await bff.call('GET', '/v1.1/appusers/me', { headers })).json.appUser._id as string
  const remove = async (id: string, look: object) => {
    bff.sandbox.fault({ operation: 'get_app_user', ...look, times: 1 })
    return await bff.call('DELETE', `/v1.1/appusers/${id}`, { headers: admin })
  }
  const found = async (target: string): Promise<string[]> =>
    (await bff.call('GET', `/ops/api/operations?target=${target}&action=delete`, { headers: admin })).json.operations.map(
      (it: { operation: string }) => it.operation,
    )
  const intentOf = async (operation: string) =>
    (await bff.call('GET', `/ops/api/operations/${operation}`, { headers: admin })).json.events[0]
  const made = (userId: string): number =>
    bff.sandbox.requests.filter(({ operation, body }) => operation === 'pre_create_app_user' && JSON.stringify(body).includes(userId))
      .length

  test.each([
    ['slow', { latency: 1_500 }],
    ['a 503', { status: 503 }],
    ['a 500', { status: 500 }],
    ['a reset', { reset: true }],
    ['a page', { html: '<p>maintenance</p>' }],
    ['no user', { body: {} }],
    ['an empty _id', { body: { appUser: { _id: '', properties: {}, conversationStarted: false } } }],
  ])('with a look that is %s, the deletion is found by both names and ends the session', async (_what, look) => {
    const userId = newName()
    bff.sandbox.createUser(appId, { userId })
    const headers = await bff.signIn({ userId })
    const id = await idOf(headers)
    const answer = await remove(id, look)
    expect(answer.status).toBe(200)
    const operation = answer.headers.get('audit-operation')!
    expect([await found(id), await found(userId)]).toEqual([[operation], [operation]])
    expect(JSON.stringify(await intentOf(operation))).not.toContain(userId)
    expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(401)
    expect(made(userId)).toBe(0)
  })

  test('the person may have been created by the session, and never have read the own user', async () => {
    const userId = newName()
    const headers = await bff.signIn({ userId })
    expect((await bff.call('GET', '/v1.1/appusers/me/channels', { headers })).status).toBe(200)
    const id = bff.sandbox.user(appId, userId)!._id
    expect((await remove(id, { status: 503 })).status).toBe(200)
    expect((await bff.call('GET', '/v1.1/appusers/me/channels', { headers })).status).toBe(401)
    expect(made(userId)).toBe(1)
  })

  test.each(['cookie', 'service'] as const)('the session may be a %s, and a later one of the same person', async (kind) => {
    const userId = newName()
    bff.sandbox.createUser(appId, { userId })
    const id = await idOf(await bff.signIn({ userId }))
    const later = await bff.signIn({ userId, kind, actor: { id: userId } })
    expect((await remove(id, { status: 503 })).status).toBe(200)
    expect((await bff.call('GET', '/v1.1/appusers/me/channels', { headers: later })).status).toBe(401)
  })

  test('a userId that looks like an _id names its person too', async () => {
    const userId = `${'5eed'.repeat(5)}${String(++count).padStart(4, '0')}`
    bff.sandbox.createUser(appId, { userId })
    const headers = await bff.signIn({ userId })
    const answer = await remove(userId, { status: 503 })
    expect([answer.status, await found(userId)]).toEqual([200, [answer.headers.get('audit-operation')]])
    expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(401)
  })

  test('somebody of whom nothing is known is found by the id that was asked for', async () => {
    const { _id } = bff.sandbox.createUser(appId, {})
    const answer = await remove(_id, { status: 503 })
    const operation = answer.headers.get('audit-operation')!
    expect([answer.status, await found(_id)]).toEqual([200, [operation]])
    expect((await intentOf(operation)).targets).toEqual([{ role: 'subject', type: 'appuser', subject: expect.stringMatching(/^sub_/) }])
  })

  test('what is known of the person from another event connects both names', async () => {
    const userId = newName()
    const { _id } = bff.sandbox.createUser(appId, { userId })
    const answer = await remove(_id, { status: 503 })
    const operation = answer.headers.get('audit-operation')!
    const again = bff.sandbox.createUser(appId, { _id, userId })
    const second = (await bff.call('DELETE', `/v1.1/appusers/${again._id}`, { headers: admin })).headers.get('audit-operation')!
    expect([await found(_id), await found(userId)]).toEqual([
      [second, operation],
      [second, operation],
    ])
  })

  test('a failed deletion leaves the session, and what is known of the person', async () => {
    const userId = newName()
    bff.sandbox.createUser(appId, { userId })
    const headers = await bff.signIn({ userId })
    const id = await idOf(headers)
    bff.sandbox.fault({ operation: 'delete_app_user', status: 409, times: 1 })
    expect((await remove(id, { status: 503 })).status).toBe(409)
    expect(await idOf(headers)).toBe(id)
    expect((await remove(id, { status: 503 })).status).toBe(200)
    expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(401)
  })

  test.each([
    ['DELETE', (id: string) => `/v1.1/appusers/${id}`, undefined],
    ['DELETE', (id: string) => `/v1.1/appusers/${id}/profile`, undefined],
    ['DELETE', (id: string) => `/v1.1/appusers/${id}/channels/twilio`, undefined],
    [
      'POST',
      (id: string) => `/v1.1/appusers/${id}/channels`,
      { type: 'twilio', phoneNumber: '+15145550100', confirmation: { type: 'prompt' } },
    ],
  ] as const)('%s number %#: a look that is told to wait refuses the call', async (method, path, json) => {
    const user = bff.sandbox.createUser(appId, {})
    bff.sandbox.fault({ operation: 'get_app_user', status: 429, times: 2 })
    bff.sent()
    const answer = await bff.call(method, path(user._id), {
      headers: admin,
      ...(json && { json }),
    })
    expect([answer.status, answer.json.error.code]).toEqual([503, 'upstream_busy'])
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(bff.sandbox.requests.slice(-bff.sent()).every(({ operation }) => operation === 'get_app_user')).toBe(true)
    expect(bff.sandbox.user(appId, user._id)).toBeDefined()
    bff.sandbox.clearFaults()
    // The pause that a 429 asks for.
    await sleep(1_050)
  })

  test.each([
    ['DELETE', '/profile', undefined, 'erase'],
    ['DELETE', '/channels/twilio', undefined, 'unlink'],
    ['POST', '/channels', { type: 'twilio', phoneNumber: '+15145550111', confirmation: { type: 'prompt' } }, 'link'],
  ])('%s %s is found by both names as well', async (method, path, json, action) => {
    const userId = newName()
    bff.sandbox.createUser(appId, { userId, clients: [{ platform: 'twilio' }] })
    const id = await idOf(await bff.signIn({ userId }))
    bff.sandbox.fault({ operation: 'get_app_user', status: 503, times: 1 })
    const answer = await bff.call(method, `/v1.1/appusers/${id}${path}`, { headers: admin, ...(json && { json }) })
    expect(answer.status).toBe(200)
    for (const target of [id, userId]) {
      const { operations } = (await bff.call('GET', `/ops/api/operations?target=${target}&action=${action}`, { headers: admin })).json
      expect(operations).toMatchObject([{ operation: answer.headers.get('audit-operation') }])
    }
  })

  test('a write by _id is found by the userId, a denied attempt by what was asked for', async () => {
    const userId = newName()
    const { _id } = bff.sandbox.createUser(appId, { userId })
    const agent = await bff.signIn({ roles: ['agent'], actor: { id: 'alex' } })
    expect((await bff.call('PUT', `/v1.1/appusers/${_id}`, { headers: agent, json: { givenName: 'G' } })).status).toBe(200)
    expect((await bff.call('DELETE', `/v1.1/appusers/${_id}`, { headers: agent })).status).toBe(403)
    for (const target of [_id, userId]) {
      const actions = async () =>
        (await bff.call('GET', `/ops/api/operations?target=${target}`, { headers: admin })).json.operations.map(
          (it: { action: string; state: string }) => `${it.action} ${it.state}`,
        )
      await until(async () => (await actions()).length >= 2)
      expect((await actions()).sort()).toEqual(['delete_app_user denied', 'update_app_user success'])
    }
  })
})

test('a deletion that is refused because the vendor answers with somebody else is found by every name', async () => {
  await using bff = await startBff({ sandbox: { switches: { afterMerge: 'survivor' } } })
  const headers = await bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
  const [stays, goes] = ['stays', 'goes'].map((userId) => bff.sandbox.createUser(appId, { userId }))
  const json = { surviving: { _id: stays!._id }, discarded: { _id: goes!._id } }
  expect((await bff.call('POST', '/v1.1/appusers/merge', { headers, json })).status).toBe(200)
  const answer = await bff.call('DELETE', '/v1.1/appusers/goes', { headers })
  expect([answer.status, answer.json.error.code]).toEqual([409, 'another_user'])
  expect(bff.sandbox.user(appId, 'stays')).toBeDefined()
  for (const target of ['goes', 'stays', stays!._id]) {
    const found = async () => (await bff.call('GET', `/ops/api/operations?target=${target}&action=delete`, { headers })).json.operations
    await until(async () => (await found()).length > 0)
    expect(await found()).toMatchObject([{ state: 'not_sent', actor: { id: 'ada' } }])
  }
})
