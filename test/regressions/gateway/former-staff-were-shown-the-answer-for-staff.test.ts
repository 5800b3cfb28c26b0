/** A repeat by its Idempotency-Key was answered as the first had been, also to whom the role of staff had been taken from meanwhile. */
import { expect, test } from '@jest/globals'
import { appId, type Carried, startBff } from '../../support/bff.ts'

const link = { type: 'twilio', phoneNumber: '+15145550100', confirmation: { type: 'prompt' } }
const client = { id: 'c'.repeat(24), platform: 'ios', raw: { city: 'Turin' }, info: { os: 'Y' } }
const appUser = { _id: 'a'.repeat(24), userId: 'cust-7', conversationStarted: false, properties: {}, clients: [client] }
const program = { kind: 'service', actor: { id: 'crm' }, userId: 'cust-7' } as const
const person = { kind: 'bearer', actor: { id: 'ada' }, userId: 'cust-7' } as const
const refusal = { status: 400, body: { error: { code: 'bad_request', description: 'Turin knows that number' } } }

test.each([
  [
    'a program',
    'the answer',
    { ...program, roles: ['agent' as const] },
    { ...program, roles: ['user' as const] },
    { status: 201, body: { appUser } },
    200,
  ],
  [
    'a person',
    'the answer',
    { ...person, roles: ['agent' as const, 'user' as const] },
    { ...person, roles: ['auditor' as const, 'user' as const] },
    { status: 201, body: { appUser } },
    200,
  ],
  [
    'a person',
    'the refusal',
    { ...person, roles: ['agent' as const, 'user' as const] },
    { ...person, roles: ['auditor' as const, 'user' as const] },
    refusal,
    400,
  ],
])('to %s who is agent no more %s is not repeated, and nothing is sent again', async (_who, _what, before, after, fault, status) => {
  await using bff = await startBff()
  bff.sandbox.createUser(appId, { userId: 'cust-7' })
  const send = (headers: Carried) =>
    bff.call('POST', '/v1.1/appusers/cust-7/channels', { headers: { ...headers, 'idempotency-key': 'k' }, json: link })
  const agent = await bff.signIn(before)
  const user = await bff.signIn(after)
  bff.sandbox.fault({ operation: 'link_app_user', ...fault })
  const first = await send(agent)
  expect([first.status, first.text.includes('Turin')]).toEqual([status, true])
  bff.sent()
  const later = await send(user)
  expect([later.status, later.json.error.code, later.text.includes('Turin')]).toEqual([422, 'idempotency_key_reused', false])
  expect(bff.sent()).toBe(0)
  const again = await send(agent)
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([status, 'true'])
})

test('a repeat by whoever lost the role is still known for one: an unknown outcome is told, and without a key the first is found', async () => {
  await using bff = await startBff()
  bff.sandbox.createUser(appId, { userId: 'cust-7' })
  const send = (headers: Carried) => bff.call('POST', '/v1.1/appusers/cust-7/channels', { headers, json: link })
  const agent = await bff.signIn({ ...person, roles: ['agent', 'user'] })
  const former = await bff.signIn({ ...person, roles: ['auditor', 'user'] })
  const key = { 'idempotency-key': 'k' }
  bff.sandbox.fault({ operation: 'link_app_user', status: 500, times: 1 })
  expect((await send({ ...agent, ...key })).json.error.code).toBe('upstream_unknown')
  expect((await send({ ...former, ...key })).json.error.code).toBe('operation_unknown')
  expect((await send(agent)).status).toBe(200)
  bff.sandbox.clearRequests()
  const later = await send(former)
  expect([later.status, later.headers.get('idempotency-replayed')]).toEqual([200, 'true'])
  expect(bff.sandbox.requests.filter(({ method }) => method !== 'GET')).toEqual([])
})
