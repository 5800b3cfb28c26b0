/** What an update changed, before and after, where AUDIT_UPDATE_VALUES asks for it: sealed, shown after a recorded look. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../support/bff.ts'
import { until } from '../support/until.ts'

let bff: Bff
let agent: Carried
let admin: Carried
beforeAll(async () => {
  bff = await startBff({ env: { AUDIT_UPDATE_VALUES: 'on' } })
  agent = await bff.signIn({ roles: ['agent'], actor: { id: 'ada' } })
  admin = await bff.signIn({ roles: ['admin'], actor: { id: 'eve' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})
beforeEach(() => bff.sandbox.clearFaults())

const former = { givenName: 'Perpetua', properties: { plan: 'gold', untouched: 'velvet' } }
let people = 0
const newUser = (): string => {
  people += 1
  const userId = `updated-${people}`
  bff.sandbox.createUser(appId, { userId, ...former })
  return userId
}
const update = (userId: string, body: object, headers = agent, service = bff) =>
  service.call('PUT', `/v1.1/appusers/${userId}`, { headers, json: body })

/** Written after the answer, in a batch. */
const recorded = (userId: string, service = bff, headers = admin) =>
  until(async () => (await service.call('GET', `/ops/api/operations?target=${userId}&action=update`, { headers })).json.operations[0])
const reveal = async (id: string) => (await bff.call('POST', `/ops/api/operations/${id}/reveal`, { headers: admin })).json.personal.before
const eventOf = async (id: string) => (await bff.call('GET', `/ops/api/operations/${id}`, { headers: admin })).json.events[0]

test('of what was written the values before and after are kept, and of nothing else', async () => {
  const userId = newUser()
  const body = { givenName: 'Philomena', surname: 'Quillfeather', properties: { plan: 'silver', toString: 'word', 'odd key': 'amber' } }
  expect((await update(userId, body)).status).toBe(200)
  const { operation: id } = await recorded(userId)
  const { before, changed } = await eventOf(id)
  expect(before).toMatchObject({ state: 'captured', after: true, fields: changed, commitment: expect.stringMatching(/^sha256:/) })
  const page = (await bff.call('GET', `/ops/operations/${id}`, { headers: admin })).text
  expect([page.match(/class="sealed"/g)?.length, page.includes('Philomena')]).toEqual([2 * changed.length, false])
  expect(await reveal(id)).toEqual({
    before: { givenName: 'Perpetua', surname: null, 'properties.plan': 'gold', 'properties.toString': null, properties: {} },
    after: {
      givenName: 'Philomena',
      surname: 'Quillfeather',
      'properties.plan': 'silver',
      'properties.toString': 'word',
      properties: { 'odd key': 'amber' },
    },
  })
  expect((await bff.call('GET', `/ops/operations/${id}`, { headers: admin })).text).toContain('saw the personal data')
  expect((await bff.call('POST', '/ops/api/verify', { headers: admin })).json).toMatchObject({ ok: true, findings: [] })
  const bytes = ['', '-wal'].map((end) => readFileSync(`${bff.journalFile}${end}`, 'latin1')).join()
  expect(['Perpetua', 'Philomena', 'Quillfeather', 'velvet'].filter((value) => bytes.includes(value))).toEqual([])
})

test.each([
  ['is slow to answer the read', { latency: 5_000 }],
  ['fails the read', { status: 500 }],
])('a vendor that %s costs the values, not the update', async (_what, fault) => {
  const userId = newUser()
  bff.sandbox.fault({ operation: 'get_app_user', times: 1, ...fault })
  expect((await update(userId, { givenName: 'Philomena' })).status).toBe(200)
  const { before, changed } = await eventOf((await recorded(userId)).operation)
  expect([before, changed]).toEqual([{ state: 'unavailable' }, ['givenName']])
})

test('a session that ends while the user is read sends no update', async () => {
  const userId = newUser()
  const leaving = await bff.signIn({ roles: ['agent'], actor: { id: 'leaving' } })
  const { promise: held, resolve } = Promise.withResolvers<void>()
  bff.sandbox.fault({ operation: 'get_app_user', times: 1, held })
  bff.sandbox.clearRequests()
  const answer = update(userId, { givenName: 'Philomena' }, leaving)
  await until(() => bff.sandbox.requests.length > 0)
  await bff.call('DELETE', '/auth/session', { headers: leaving })
  resolve()
  expect((await answer).status).toBe(401)
  expect((await bff.call('GET', `/v1.1/appusers/${userId}`, { headers: agent })).json.appUser.givenName).toBe('Perpetua')
})

test('without the setting an update is one call to the vendor, and its event has the names alone', async () => {
  await using plain = await startBff()
  const headers = await plain.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  plain.sandbox.createUser(appId, { userId: 'plain-1', ...former })
  plain.sent()
  expect((await update('plain-1', { givenName: 'Philomena' }, headers, plain)).status).toBe(200)
  expect(plain.sent()).toBe(1)
  const { operation: id } = await recorded('plain-1', plain, headers)
  const event = (await plain.call('GET', `/ops/api/operations/${id}`, { headers })).json.events[0]
  expect([event.before, event.changed]).toEqual([undefined, ['givenName']])
})
