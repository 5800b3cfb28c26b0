/** B3: a merge is sent only after both persons were read afresh and found to be two. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../support/bff.ts'

let bff: Bff
let admin: Carried
beforeAll(async () => {
  bff = await startBff()
  admin = await bff.signIn({ kind: 'bearer', roles: ['admin'], actor: { id: 'ada' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

let count = 0
let one: { _id: string; userId: string }
let two: { _id: string; userId: string }
const create = (userId: string) => ({ _id: bff.sandbox.createUser(appId, { userId })._id, userId })
beforeEach(() => {
  bff.sandbox.clearFaults()
  count += 1
  one = create(`tenant/${count}#one`)
  two = create(`two-${count}`)
  bff.sent()
})

const merge = (surviving: string, discarded: string, headers = admin) =>
  bff.call('POST', '/v1.1/appusers/merge', { headers, json: { surviving: { _id: surviving }, discarded: { _id: discarded } } })
const sent = () => bff.sandbox.requests.slice(-bff.sent() || bff.sandbox.requests.length).map(({ operation }) => operation)
const reads = ['get_app_user', 'get_app_user']

test.each([
  ['by _id and by userId', () => [one._id, one.userId]],
  ['by userId and by _id', () => [one.userId, one._id]],
  ['twice by _id', () => [one._id, one._id]],
  ['twice by userId', () => [two.userId, two.userId]],
])('one person named %s is 400, and no merge is sent', async (_how, ids) => {
  const [surviving = '', discarded = ''] = ids()
  const answer = await merge(surviving, discarded)
  expect([answer.status, answer.json.error.code]).toEqual([400, 'same_person'])
  expect(sent()).toEqual(reads)
})

test('two persons are merged by the _ids that were just read, whatever names were given', async () => {
  expect((await merge(one.userId, two.userId)).status).toBe(200)
  expect(sent()).toEqual([...reads, 'merge_users'])
  expect(bff.sandbox.requests.at(-1)!.body).toEqual({ surviving: { _id: one._id }, discarded: { _id: two._id } })
})

test.each([
  ['surviving', () => ['nobody', two._id]],
  ['discarded', () => [one._id, 'nobody']],
])('an unknown %s person is 404, and no merge is sent', async (_side, ids) => {
  const [surviving = '', discarded = ''] = ids()
  expect((await merge(surviving, discarded)).status).toBe(404)
  expect(sent()).not.toContain('merge_users')
})

test.each([
  ['answers with an error', { status: 500 }],
  ['is busy', { status: 429 }],
  ['refuses our key', { status: 401 }],
  ['resets the connection', { reset: true }],
  ['answers with a page', { html: '<h1>hello</h1>' }],
  ['answers with somebody who has no _id', { body: { appUser: { properties: {}, conversationStarted: false } } }],
])('when the read of one person %s, the answer is 503 and no merge is sent', async (_what, fault) => {
  bff.sandbox.fault({ operation: 'get_app_user', userId: two.userId, ...fault })
  const answer = await merge(one._id, two._id)
  expect([answer.status, answer.json.error.code]).toEqual([503, 'subjects_unresolved'])
  expect(sent()).not.toContain('merge_users')
  // For so long a vendor that is busy is left alone.
  if ('status' in fault && fault.status === 429) await sleep(1_000)
})

test('an id in a merge cannot reach out of the app', async () => {
  for (const id of ['../../other-app/appusers/u', 'apps/other/appusers/u', '..', '.', '%2e%2e', `${one._id}/`, '']) {
    const answer = await merge(one._id, id)
    expect([id, [400, 404].includes(answer.status)]).toEqual([id, true])
    expect(sent()).not.toContain('merge_users')
  }
})

test('the sessions of the discarded person end, those of the survivor go on', async () => {
  const [survivor, discarded] = await Promise.all([one, two].map(({ userId }) => bff.signIn({ userId })))
  expect((await merge(one._id, two._id)).status).toBe(200)
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers: survivor! })).status).toBe(200)
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers: discarded! })).status).toBe(401)
})

test('interactive staff need a fresh sign-in; a program does not', async () => {
  const authTime = Math.floor(Date.now() / 1000) - 16 * 60
  const stale = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' }, authTime })
  const answer = await merge(one._id, two._id, stale)
  expect([answer.status, answer.json.error.code, bff.sent()]).toEqual([401, 'step_up_required', 0])
  expect(answer.headers.get('www-authenticate')).toMatch(/insufficient_user_authentication.*max_age=900/)
  const program = await bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: 'nightly' }, authTime })
  expect((await merge(one._id, two._id, program)).status).toBe(200)
})
