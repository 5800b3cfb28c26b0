/** No connection to the vendor could be made, so nothing had left; the journal said all the same that the outcome is unknown, the sessions ended, and a person had to decide. A permit that had run out was an internal error. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { operations } from '../../../src/contract/operations.ts'
import { issuePermit } from '../../../src/journal/guard/permit.ts'
import { startBff } from '../../support/bff.ts'
import { appAt, listen, problemOf, upstreamWith } from '../../upstream/vendor.ts'

test.each(['/v1.1/appusers/cust-20481', '/v1.1/appusers/cust-20481/profile', '/v1.1/appusers/cust-20481/channels/twilio'])(
  'DELETE %s for which no connection can be made is recorded as not sent, and its key can be used again',
  async (path) => {
    await using bff = await startBff({ env: { SMOOCH_BASE_URL: 'http://127.0.0.1:9' } })
    const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
    const victim = await bff.signIn({ userId: 'cust-20481' })
    const auditor = await bff.signIn({ roles: ['auditor'], actor: { id: 'aud' } })
    for (let times = 0; times < 2; times += 1) {
      const answer = await bff.call('DELETE', path, { headers: { ...admin, 'idempotency-key': 'key-1' } })
      expect([answer.status, answer.json.error.code]).toEqual([502, 'upstream_error'])
      const { state, events } = (
        await bff.call('GET', `/ops/api/operations/${answer.headers.get('audit-operation')}`, { headers: auditor })
      ).json
      expect([state, events.at(-1)]).toMatchObject(['not_sent', { kind: 'outcome', outcome: 'not_sent', upstream: { sent: false } }])
    }
    expect((await bff.call('GET', '/auth/session', { headers: victim })).json.signedIn).toBe(true)
  },
)

test('a deletion whose connection breaks once it has left stays unknown', async () => {
  await using bff = await startBff()
  const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  const auditor = await bff.signIn({ roles: ['auditor'], actor: { id: 'aud' } })
  bff.sandbox.fault({ operation: 'delete_app_user', reset: true, times: 1 })
  const answer = await bff.call('DELETE', '/v1.1/appusers/cust-20481', { headers: admin })
  expect([answer.status, answer.json.error.code]).toEqual([504, 'upstream_unknown'])
  expect((await bff.call('GET', `/ops/api/operations/${answer.headers.get('audit-operation')}`, { headers: auditor })).json.state).toBe(
    'unknown',
  )
})

test('a permit that has run out is no internal error, and nothing is sent on it', async () => {
  await using vendor = await listen((_req, res) => res.end('{}'))
  using upstream = upstreamWith()
  const permit = issuePermit('op_late', 'delete_app_user', 1)
  await sleep(20)
  const problem = await problemOf(
    upstream.callGuarded(appAt(vendor.origin), permit, { operation: operations.delete_app_user, params: { userId: 'a' } }),
  )
  expect([problem.code, problem.status, problem.particulars.outcome]).toEqual(['journal_unavailable', 503, 'not_sent'])
  expect(vendor.requests).toEqual([])
})
