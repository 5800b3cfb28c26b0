/** A vendor that answered 500 to a deletion: the caller heard `upstream_error`, as if nothing had happened, and the journal "may have deleted". */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Fault } from '../../../src/dev/sandbox/faults.ts'
import { answeredCalls, appId, type Bff, type Carried, imageForm, startBff } from '../../support/bff.ts'

let bff: Bff
let admin: Carried
let auditor: Carried
let self: Carried
beforeAll(async () => {
  bff = await startBff({ hangMs: 400 })
  admin = await bff.signIn({ roles: ['admin', 'agent'], actor: { id: 'ada' } })
  auditor = await bff.signIn({ roles: ['auditor'], actor: { id: 'aud' } })
  self = await bff.signIn()
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})
beforeEach(() => bff.sandbox.clearFaults())

const faults: [string, Fault][] = [
  ['500', { status: 500 }],
  ['500 after it was done', { status: 500, applied: true }],
  ['502', { status: 502 }],
  ['503 with Retry-After', { status: 503, retryAfter: 1 }],
  ['504', { status: 504 }],
  ['a redirect', { redirect: 'http://127.0.0.1:9/' }],
  ['a page', { html: '<h1>hello</h1>' }],
  ['half a user', { body: '{"appUser":' }],
  ['a list', { body: [] }],
  ['an endless body', { endless: true }],
  ['a reset', { reset: true }],
  ['no answer', { hang: true }],
]
const guarded = [
  ['delete_app_user', 'DELETE', ''],
  ['delete_app_user_profile', 'DELETE', '/profile'],
  ['unlink_app_user', 'DELETE', '/channels/twilio'],
] as const

test.each(faults)('%s to a guarded call: caller, journal and repeat say that nobody knows', async (_what, fault) => {
  for (const [operation, method, path] of guarded) {
    bff.sandbox.clearFaults()
    await answeredCalls(bff, self)
    const { _id } = bff.sandbox.createUser(appId, { userId: `unclear-${Math.random()}`, clients: [{ platform: 'twilio' }] })
    bff.sandbox.fault({ operation, ...fault })
    const headers = { ...admin, 'idempotency-key': `unclear-${_id}` }
    const ask = () => bff.call(method, `/v1.1/appusers/${_id}${path}`, { headers })
    const answer = await ask()
    expect([operation, answer.status, answer.json.error.code]).toEqual([operation, 504, 'upstream_unknown'])
    expect([answer.json.type, answer.headers.get('retry-after')]).toEqual(['urn:smooch-bff:problem:upstream_unknown', null])
    const id = answer.headers.get('audit-operation')
    const { state, events } = (await bff.call('GET', `/ops/api/operations/${id}`, { headers: auditor })).json
    expect([state, events[1].outcome, events[1].upstream.code, events[1].upstream.sent]).toEqual([
      'unknown',
      'unknown',
      'upstream_unknown',
      true,
    ])
    const again = await ask()
    expect([again.status, again.json.error.code]).toEqual([504, 'operation_unknown'])
  }
})

test.each(faults.filter(([, { endless }]) => !endless))(
  '%s to a recorded write: caller and journal say that nobody knows',
  async (_what, fault) => {
    const writes: [string, () => ReturnType<Bff['call']>][] = [
      ['update_app_user', () => bff.call('PUT', '/v1.1/appusers/me', { headers: self, json: { givenName: 'A' } })],
      ['pre_create_app_user', () => bff.call('POST', '/v1.1/appusers', { headers: admin, json: { userId: `new-${Math.random()}` } })],
      ['post_image_message', () => bff.call('POST', '/v1.1/appusers/me/images', { headers: self, body: imageForm('appUser') })],
    ]
    for (const [operation, ask] of writes) {
      bff.sandbox.clearFaults()
      await answeredCalls(bff, self)
      bff.sandbox.fault({ operation, ...fault })
      // A message is passed on whatever stands in it, but a list is no message.
      const answer = await ask()
      expect([operation, answer.status, answer.json.error?.code]).toEqual([operation, 504, 'upstream_unknown'])
    }
  },
)

test('a call that the vendor refused, or that never left, is not called unknown', async () => {
  for (const [status, ours, code] of [
    [400, 400, 'bad_request'],
    [409, 409, 'conflict'],
    [423, 423, 'locked'],
    [401, 502, 'upstream_credentials'],
    [429, 503, 'upstream_busy'],
    [418, 502, 'upstream_error'],
  ] as const) {
    const { _id } = bff.sandbox.createUser(appId, { userId: `refused-${Math.random()}` })
    bff.sandbox.clearFaults()
    bff.sandbox.fault({ operation: 'delete_app_user', status })
    const answer = await bff.call('DELETE', `/v1.1/appusers/${_id}`, { headers: admin })
    expect([answer.status, answer.json.error.code]).toEqual([ours, code])
    const { state } = (await bff.call('GET', `/ops/api/operations/${answer.headers.get('audit-operation')}`, { headers: auditor })).json
    expect(state).toBe('failure')
    if (code === 'upstream_busy') await sleep(1_050)
  }
})

test('a read that went wrong is an error, and a code that was not given a failure: there is nothing to look after', async () => {
  bff.sandbox.fault({ operation: 'get_app_user', status: 500 })
  bff.sandbox.fault({ operation: 'get_app_user_auth_code', status: 500 })
  for (const path of [`/v1.1/appusers/reads-${Math.random()}`, '/v1.1/appusers/me/authcode']) {
    const answer = await bff.call('GET', path, { headers: path.includes('reads') ? admin : self })
    expect([answer.status, answer.json.error.code]).toEqual([502, 'upstream_error'])
  }
})
