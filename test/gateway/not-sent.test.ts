/** Calls that are not sent, or not by an _id: their keys stay free, and nobody else is meant. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../support/bff.ts'

let bff: Bff
let admin: Carried
beforeAll(async () => {
  bff = await startBff()
  admin = await bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
})
beforeEach(() => bff.sandbox.clearFaults())
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const sends = (operation: string) => bff.sandbox.requests.filter((it) => it.operation === operation).length

test('an Idempotency-Key of a call that was not sent is good for the next', async () => {
  const create = () =>
    bff.call('POST', '/v1.1/appusers', { headers: { ...admin, 'idempotency-key': 'not-sent-1' }, json: { userId: 'not-sent' } })
  bff.sandbox.fault({ operation: 'get_app_user', status: 429, retryAfter: 1, times: 1 })
  expect((await bff.call('GET', '/v1.1/appusers/anybody', { headers: admin })).status).toBe(503)
  const paused = await create()
  expect([paused.status, paused.json.error.code, sends('pre_create_app_user')]).toEqual([503, 'upstream_busy', 0])
  await sleep(1_050)
  const sent = await create()
  expect([sent.status, sent.headers.get('idempotency-replayed'), sends('pre_create_app_user')]).toEqual([201, null, 1])
})

test('a person whose own user was never answered changes nothing of it by a name that nobody has proved', async () => {
  bff.sandbox.createUser(appId, { userId: 'unproved', clients: [{ platform: 'twilio' }] })
  bff.sandbox.fault({ operation: 'get_app_user', userId: 'unproved', status: 500 })
  const headers = await bff.signIn({ userId: 'unproved' })
  const answer = await bff.call('DELETE', '/v1.1/appusers/me/channels/twilio', { headers })
  expect([answer.status, answer.json.error.code, sends('unlink_app_user')]).toEqual([503, 'subjects_unresolved', 0])
  bff.sandbox.clearFaults()
  expect((await bff.call('DELETE', '/v1.1/appusers/me/channels/twilio', { headers })).status).toBe(200)
})

test('an _id of another form than the vendor gives is taken for none: the call goes by the name that was asked for', async () => {
  bff.sandbox.createUser(appId, { userId: 'odd' })
  bff.sandbox.fault({ operation: 'get_app_user', userId: 'odd', body: { appUser: { _id: 'odd/../profile', userId: 'odd' } }, times: 1 })
  const answer = await bff.call('DELETE', '/v1.1/appusers/odd', { headers: admin })
  expect(answer.status).toBe(200)
  const { events } = (await bff.call('GET', `/ops/api/operations/${answer.headers.get('audit-operation')}`, { headers: admin })).json
  expect(events[0]).toMatchObject({
    request: { path: '/appusers/:userId' },
    before: { state: 'unavailable' },
    targets: [{ subject: expect.any(String) }],
  })
  expect(events[0].targets[0]).not.toHaveProperty('smoochId')
})

test('a refusal for another app names nobody whose name cannot be one', async () => {
  const answer = await bff.call('GET', `/v1.1/apps/${'f'.repeat(24)}/appusers/${'x'.repeat(1_500)}`, { headers: admin })
  expect([answer.status, answer.json.error.code]).toEqual([403, 'forbidden'])
})

test('a bearer session is not renewed as a cookie is', async () => {
  const headers = await bff.signIn({ kind: 'bearer', userId: 'bearer' })
  const answer = await bff.call('POST', '/auth/refresh', { headers })
  expect([answer.status, answer.json.errors]).toEqual([400, [{ pointer: '#/refresh_token', detail: 'is required.' }]])
})
