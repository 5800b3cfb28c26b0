/** A repeat without an Idempotency-Key, as a proxy makes one when a replica dies: the caller heard 404 of a deletion that had happened, or the vendor heard it twice. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

let bff: Bff
let ada: Carried
let ben: Carried
beforeAll(async () => {
  bff = await startBff()
  ada = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  ben = await bff.signIn({ roles: ['admin'], actor: { id: 'ben' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})
beforeEach(() => bff.sandbox.clearFaults())

let count = 0
const newUser = (more = {}) => {
  count += 1
  return bff.sandbox.createUser(appId, { userId: `person-${count}`, givenName: 'Grace', clients: [{ platform: 'twilio' }], ...more })
}
const sends = (operation: string) => bff.sandbox.requests.filter((request) => request.operation === operation).length
const ask = (method: string, path: string, headers = ada, json?: unknown) =>
  bff.call(method, `/v1.1/appusers/${path}`, { headers, ...(json !== undefined && { json }) })
const remove = (id: string, headers = ada) => ask('DELETE', id, headers)

describe.each(['userId', '_id'] as const)('a deletion by %s, asked for again a moment later', (name) => {
  test('is answered by the first, and the vendor hears it once', async () => {
    const id = newUser()[name]!
    const first = await remove(id)
    await sleep(20)
    const before = sends('delete_app_user')
    const again = await remove(id)
    expect([first.status, again.status, again.json]).toEqual([200, 200, {}])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(again.headers.get('audit-operation')).toBe(first.headers.get('audit-operation'))
    expect(sends('delete_app_user') - before).toBe(0)
  })

  test('is answered by the first while the vendor still shows the person', async () => {
    const id = newUser()[name]!
    bff.sandbox.switches.deletionTakes = 3_000
    expect((await remove(id)).status).toBe(200)
    bff.sandbox.switches.deletionTakes = 5
    const before = sends('delete_app_user')
    const again = await remove(id)
    expect([again.status, again.headers.get('idempotency-replayed'), sends('delete_app_user') - before]).toEqual([200, 'true', 0])
  })

  test('by somebody else is a request of its own', async () => {
    const id = newUser()[name]!
    expect((await remove(id)).status).toBe(200)
    await sleep(20)
    const other = await remove(id, ben)
    expect([other.status, other.json.error.code]).toEqual([404, 'user_not_found'])
  })

  test('is 409 while the first runs, and sends nothing', async () => {
    const id = newUser()[name]!
    const before = sends('delete_app_user')
    const { promise: held, resolve } = Promise.withResolvers<void>()
    bff.sandbox.fault({ operation: 'delete_app_user', applied: true, held, times: 1 })
    const first = remove(id)
    await until(() => sends('delete_app_user') !== before)
    const again = await remove(id)
    expect([again.status, again.json.error.code]).toEqual([409, 'operation_pending'])
    resolve()
    expect((await first).status).toBe(200)
    expect(again.headers.get('audit-operation')).toBe((await first).headers.get('audit-operation'))
    expect(sends('delete_app_user') - before).toBe(1)
  })

  test('is 504 when nobody knows how the first ended and the person is not there any more', async () => {
    const id = newUser()[name]!
    bff.sandbox.fault({ operation: 'delete_app_user', status: 500, applied: true, times: 1 })
    expect((await remove(id)).json.error.code).toBe('upstream_unknown')
    await sleep(20)
    const before = sends('delete_app_user')
    const again = await remove(id)
    expect([again.status, again.json.error.code, sends('delete_app_user') - before]).toEqual([504, 'operation_unknown', 0])
  })

  test.each([
    ['nobody knows how the first ended but the person is there', { status: 500 }],
    ['the vendor refused the first', { status: 423 }],
  ])('is carried out when %s', async (_what, fault) => {
    const id = newUser()[name]!
    bff.sandbox.fault({ operation: 'delete_app_user', ...fault, times: 1 })
    expect((await remove(id)).status).not.toBe(200)
    const before = sends('delete_app_user')
    expect([(await remove(id)).status, sends('delete_app_user') - before]).toEqual([200, 1])
  })
})

test('a person who was created anew since is deleted anew', async () => {
  const { userId } = newUser()
  expect((await remove(userId!)).status).toBe(200)
  await sleep(20)
  bff.sandbox.createUser(appId, { userId })
  const again = await remove(userId!)
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, null])
  await sleep(20)
  expect(bff.sandbox.user(appId, userId!)).toBeUndefined()
})

describe('unlinking a channel', () => {
  test('again a moment later is answered by the first; after it was linked anew it is carried out', async () => {
    const { _id } = newUser()
    const unlink = () => ask('DELETE', `${_id}/channels/twilio`)
    expect((await unlink()).status).toBe(200)
    const again = await unlink()
    expect([again.status, again.json, again.headers.get('idempotency-replayed')]).toEqual([200, {}, 'true'])
    bff.sandbox.addClient(appId, _id, { platform: 'twilio' })
    expect((await unlink()).headers.get('idempotency-replayed')).toBeNull()
    expect(bff.sandbox.user(appId, _id)!.clients).toEqual([])
  })

  test('of another channel is a request of its own', async () => {
    const { _id } = newUser({ clients: [{ platform: 'twilio' }, { platform: 'line' }] })
    for (const channel of ['twilio', 'line']) {
      const answer = await ask('DELETE', `${_id}/channels/${channel}`)
      expect([answer.status, answer.headers.get('idempotency-replayed')]).toEqual([200, null])
    }
  })
})

test('a profile that was cleared is shown to the repeat, and cleared again when somebody has filled it since', async () => {
  const { _id } = newUser()
  const clear = () => ask('DELETE', `${_id}/profile`)
  expect((await clear()).status).toBe(200)
  const again = await clear()
  expect([again.status, again.json.appUser._id, again.headers.get('idempotency-replayed')]).toEqual([200, _id, 'true'])
  await ask('PUT', _id, ben, { givenName: 'Ann' })
  expect((await clear()).headers.get('idempotency-replayed')).toBeNull()
  expect(bff.sandbox.user(appId, _id)!.givenName).toBeUndefined()
})

test('a merge asked for again is answered by the first', async () => {
  const [surviving, discarded] = [newUser(), newUser()]
  const merge = () => ask('POST', 'merge', ada, { surviving: { _id: surviving._id }, discarded: { _id: discarded._id } })
  const before = sends('merge_users')
  expect((await merge()).status).toBe(200)
  const again = await merge()
  expect([again.status, again.json, again.headers.get('idempotency-replayed')]).toEqual([200, {}, 'true'])
  expect(sends('merge_users') - before).toBe(1)
})

test('a repeat under a new Idempotency-Key is a request of its own', async () => {
  const { _id } = newUser()
  expect((await remove(_id)).status).toBe(200)
  await sleep(20)
  expect((await remove(_id, { ...ada, 'idempotency-key': 'new' })).status).toBe(404)
})
