/** What the vendor's word of a removal settles: calls of ours without an outcome or by an id alone, and what is said while the journal is closed. */
import { renameSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, patiently, startBff } from '../support/bff.ts'

const secret = 'test-webhook-secret-2f9a'
const env = { SMOOCH_WEBHOOK_SECRET: secret }
const deliver = (bff: Bff, trigger: string, rest: object) => {
  const json = { trigger, app: { _id: appId }, version: 'v1.1', ...rest }
  return bff.call('POST', `/webhooks/smooch/${appId}`, { headers: { 'x-api-key': secret }, json })
}
const make = (bff: Bff, userId: string, more = {}) => ({ userId, _id: bff.sandbox.createUser(appId, { userId, ...more })._id })
const admin = (bff: Bff) => bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
const found = async (bff: Bff, staff: Carried, query: string) =>
  (await bff.call('GET', `/ops/api/operations?${query}`, { headers: staff })).json.operations
const kindsOf = async (bff: Bff, staff: Carried, id: string): Promise<string[]> =>
  (await bff.call('GET', `/ops/api/operations/${id}`, { headers: staff })).json.events.map(({ kind }: { kind: string }) => kind)

test('a deletion whose outcome nobody knows is settled by it', async () => {
  await using bff = await startBff({ env })
  const staff = await admin(bff)
  const goes = make(bff, 'goes')
  bff.sandbox.fault({ operation: 'delete_app_user', applied: true, reset: true })
  expect((await bff.call('DELETE', '/v1.1/appusers/goes', { headers: staff })).status).toBe(504)
  expect((await deliver(bff, 'appUser:delete', { appUser: goes })).status).toBe(200)
  const rows = await found(bff, staff, `target=${goes._id}`)
  expect(rows).toMatchObject([{ state: 'applied' }])
  expect(await kindsOf(bff, staff, rows[0].operation)).toEqual(['intent', 'outcome', 'resolved'])
})

test('a deletion by an _id of which the vendor told nothing before is known to be the one', async () => {
  await using bff = await startBff({ env })
  const staff = await admin(bff)
  const goes = make(bff, 'goes')
  bff.sandbox.fault({ operation: 'get_app_user', status: 500 })
  expect((await bff.call('DELETE', `/v1.1/appusers/${goes._id}`, { headers: staff })).status).toBe(200)
  expect((await deliver(bff, 'appUser:delete', { appUser: goes })).status).toBe(200)
  expect(await found(bff, staff, 'action=delete_app_user')).toMatchObject([{ state: 'applied' }])
})

test('of several links that may have led to a merge the newest is joined to it', async () => {
  await using bff = await startBff({ env })
  const staff = await admin(bff)
  const [stays, goes] = [make(bff, 'stays'), make(bff, 'goes')]
  for (const [userId, phoneNumber] of [
    ['goes', '+15145550101'],
    ['stays', '+15145550102'],
  ] as const) {
    const json = { type: 'twilio', phoneNumber, confirmation: { type: 'immediate' } }
    expect((await bff.call('POST', `/v1.1/appusers/${userId}/channels`, { headers: staff, json })).status).toBe(200)
  }
  expect((await deliver(bff, 'merge:appUser', { surviving: stays, discarded: [goes] })).status).toBe(200)
  const links = await found(bff, staff, 'action=link_app_user')
  expect(links.map(({ state }: { state: string }) => state)).toEqual(['applied', 'success'])
})

test('while the journal is closed the sessions end at once, and the vendor is asked to come again until it is recorded', async () => {
  await using bff = await startBff({ env })
  const staff = await admin(bff)
  const goes = make(bff, 'goes')
  const headers = await bff.signIn({ userId: 'goes' })
  renameSync(bff.journalFile, `${bff.journalFile}.gone`)
  // The journal learns of it by its next write; from then on its gate is closed.
  expect((await bff.call('DELETE', `/v1.1/appusers/${goes._id}`, { headers: staff })).status).toBe(503)
  for (let times = 0; times < 2; times += 1) {
    const answer = await deliver(bff, 'appUser:delete', { appUser: goes })
    expect([answer.status, answer.json.error.code, answer.headers.get('retry-after')]).toEqual([503, 'journal_unavailable', '5'])
    expect((await bff.call('GET', '/auth/session', { headers })).json.signedIn).toBe(false)
  }
  renameSync(`${bff.journalFile}.gone`, bff.journalFile)
  expect((await patiently(() => deliver(bff, 'appUser:delete', { appUser: goes }))).status).toBe(200)
  expect(await found(bff, staff, 'target=goes')).toMatchObject([{ state: 'success', actor: { id: 'vendor' } }])
})
