/** A guarded call was still sent when its session had ended, or its role had been taken away, between the look at the user and the intent on disk: up to three seconds after the end was acknowledged. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, type Mint, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores: [string, Record<string, string>][] = [
  ['in this process', {}],
  ...(redisUrl ? [['in Redis', { REDIS_URL: redisUrl }] as [string, Record<string, string>]] : []),
]
const link = { type: 'twilio', phoneNumber: '+15145550142', confirmation: { type: 'prompt' } }

describe.each(stores)('sessions %s', (_name, env) => {
  let bff: Bff
  let auditor: Carried
  beforeAll(async () => {
    bff = await startBff({ env })
    auditor = await bff.signIn({ roles: ['auditor'], actor: { id: 'aud' } })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })
  beforeEach(() => bff.sandbox.clearFaults())

  /** What happens while the user is being looked at. */
  const during = async (call: () => ReturnType<Bff['call']>, meanwhile: () => Promise<unknown>) => {
    const { promise: held, resolve } = Promise.withResolvers<void>()
    bff.sandbox.fault({ operation: 'get_app_user', held, times: 2 })
    bff.sent()
    const before = bff.sandbox.requests.length
    const answer = call()
    await until(() => bff.sandbox.requests.length !== before)
    await meanwhile()
    resolve()
    const { status, headers, json } = await answer
    const operation = headers.get('audit-operation')
    const { state, events } = (await bff.call('GET', `/ops/api/operations/${operation}`, { headers: auditor })).json
    const sent = bff.sandbox.requests.slice(-bff.sent()).map((it) => it.operation)
    return { status, code: json.error.code, state, last: events.at(-1), destroyed: sent.filter((it) => it !== 'get_app_user') }
  }
  const rows: [string, string, (id: string) => string, (id: string, other: string) => unknown][] = [
    ['a deletion', 'DELETE', (id) => `/v1.1/appusers/${id}`, () => undefined],
    ['a cleared profile', 'DELETE', (id) => `/v1.1/appusers/${id}/profile`, () => undefined],
    ['an unlinked channel', 'DELETE', (id) => `/v1.1/appusers/${id}/channels/twilio`, () => undefined],
    ['a link', 'POST', (id) => `/v1.1/appusers/${id}/channels`, () => link],
    ['a merge', 'POST', () => '/v1.1/appusers/merge', (id, other) => ({ surviving: { _id: other }, discarded: { _id: id } })],
  ]
  const act = async (headers: Carried, row: number, meanwhile: (id: string) => Promise<unknown>) => {
    const [one, two] = [1, 2].map(() => bff.sandbox.createUser(appId, { clients: [{ platform: 'twilio' }] }))
    const [, method, path, body] = rows[row]!
    const json = body(one!._id, two!._id)
    const call = () =>
      bff.call(method, path(one!._id), { headers: { ...headers, origin: bff.app.origins[0]! }, ...(json !== undefined && { json }) })
    return await during(call, () => meanwhile(one!._id))
  }

  test.each(rows.map(([name], at) => [name, at] as const))('%s is not sent when the session ended meanwhile', async (_row, at) => {
    const admin = await bff.signIn({ roles: ['admin'], actor: { id: `ada-${at}` } })
    const it = await act(admin, at, () => bff.private('POST', '/sessions/end', { actorId: `ada-${at}` }))
    expect(it).toMatchObject({ status: 401, code: 'unauthorized', state: 'not_sent', destroyed: [] })
    expect(it.last).toMatchObject({ outcome: 'not_sent', upstream: { code: 'unauthorized', sent: false } })
  })

  test.each(rows.map(([name], at) => [name, at] as const))('%s is not sent when the role was taken away meanwhile', async (_row, at) => {
    const admin = await bff.signIn({ roles: ['admin'], actor: { id: `eve-${at}` } })
    const it = await act(admin, at, () => bff.private('POST', '/sessions/roles', { actorId: `eve-${at}`, roles: ['auditor'] }))
    expect(it).toMatchObject({ status: 403, code: 'forbidden', state: 'not_sent', destroyed: [] })
  })

  test.each<[string, Mint, (headers: Carried) => Promise<unknown>]>([
    [
      'a cookie that signs out',
      { kind: 'cookie' },
      (headers) => bff.call('DELETE', '/auth/session', { headers: { ...headers, origin: bff.app.origins[0]! } }),
    ],
    ['a bearer that signs out', { kind: 'bearer' }, (headers) => bff.call('DELETE', '/auth/session', { headers })],
    [
      'a program whose session is ended',
      { kind: 'service' },
      async () => {
        const { sessions } = (await bff.private('GET', '/sessions')).json as { sessions: { sessionId: string }[] }
        for (const { sessionId } of sessions) await bff.private('DELETE', `/sessions/${sessionId}`)
      },
    ],
    ['everybody signed out', { kind: 'bearer' }, () => bff.private('POST', '/sessions/end', { everyone: true })],
  ])('%s: nothing is sent', async (_what, mint, end) => {
    const headers = await bff.signIn({ roles: ['admin'], actor: { id: 'grace' }, ...mint })
    auditor = await bff.signIn({ roles: ['auditor'], actor: { id: 'aud' } })
    const answer = await act(headers, 0, async () => {
      await end(headers)
      auditor = await bff.signIn({ roles: ['auditor'], actor: { id: 'aud' } })
    })
    expect(answer).toMatchObject({ status: 401, state: 'not_sent', destroyed: [] })
  })

  test('an end user who signs out meanwhile unlinks nothing', async () => {
    bff.sandbox.createUser(appId, { userId: 'leaver', clients: [{ platform: 'twilio' }] })
    const headers = await bff.signIn({ userId: 'leaver' })
    const call = () => bff.call('DELETE', '/v1.1/appusers/me/channels/twilio', { headers })
    const it = await during(call, () => bff.call('DELETE', '/auth/session', { headers }))
    expect(it).toMatchObject({ status: 401, state: 'not_sent', destroyed: [] })
  })

  test('the person who was not deleted goes on, and the same key may be used again', async () => {
    const { _id } = bff.sandbox.createUser(appId, { userId: 'spared' })
    const person = await bff.signIn({ userId: 'spared' })
    const key = { 'idempotency-key': 'once-more' }
    const remove = async (headers: Carried) => await bff.call('DELETE', `/v1.1/appusers/${_id}`, { headers: { ...headers, ...key } })
    const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'joan' } })
    const it = await during(
      () => remove(admin),
      () => bff.private('POST', '/sessions/end', { actorId: 'joan' }),
    )
    expect(it).toMatchObject({ status: 401, state: 'not_sent' })
    expect((await bff.call('GET', '/v1.1/appusers/me', { headers: person })).json.appUser._id).toBe(_id)
    expect((await remove(await bff.signIn({ roles: ['admin'], actor: { id: 'joan' } }))).status).toBe(200)
  })
})
