/** The vendor's name for a call, which its support asks for first, was in no log line and in no event; most lines did not say which route they are of; nobody was told of a wrong clock. */
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { operations } from '../../../src/contract/operations.ts'
import { Problem, type ProblemCode, problems } from '../../../src/contract/problems.ts'
import { headersOf } from '../../../src/http/problem-handler.ts'
import { createUpstream } from '../../../src/upstream/client.ts'
import { appId, startBff } from '../../support/bff.ts'
import { appAt, json, listen, user } from '../../upstream/vendor.ts'

test('the request id of the vendor is in the log and in the journal, of what it did and of what it refused', async () => {
  await using vendor = await listen((req, res) => {
    const id = { 'x-request-id': `vendor-${req.method}` }
    if (req.method === 'DELETE') json(req.url!.endsWith('/twilio') ? 400 : 200, {}, id)(req, res)
    else json(200, { appUser: { ...user.appUser, userId: 'somebody' } }, id)(req, res)
  })
  const app = appAt(vendor.origin)
  await using bff = await startBff({ apps: [{ ...app, appId, origins: [] }] })
  const headers = await bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: 'crm' } })
  const id = 'somebody'
  expect((await bff.call('GET', `/v1.1/appusers/${id}`, { headers })).status).toBe(200)
  expect((await bff.call('DELETE', `/v1.1/appusers/${id}`, { headers })).status).toBe(200)
  expect((await bff.call('DELETE', `/v1.1/appusers/${id}/channels/twilio`, { headers })).status).toBe(400)
  const lines = bff.lines.filter(({ msg, operation }) => msg === 'request' && operation)
  expect(lines.map(({ upstream }) => (upstream as { requestId?: string }).requestId)).toEqual([
    'vendor-GET',
    'vendor-DELETE',
    'vendor-DELETE',
  ])
  using db = new DatabaseSync(bff.journalFile, { readOnly: true, timeout: 5_000 })
  const events = db.prepare("SELECT body FROM event WHERE kind = 'outcome' AND action LIKE '%app_user' ORDER BY seq").all()
  expect(events.map(({ body }) => (JSON.parse(String(body)) as { upstream: { requestId?: string } }).upstream.requestId)).toEqual([
    ...['vendor-DELETE', 'vendor-DELETE'],
  ])
})

test('each line of a request names its route, without what stands in it', async () => {
  await using bff = await startBff()
  const headers = await bff.signIn()
  await bff.call('GET', '/auth/session', { headers })
  await bff.call('DELETE', '/auth/sessions/some-id', { headers })
  await bff.call('GET', '/v1.1/appusers/me', { headers })
  const routes = bff.lines.filter(({ msg }) => msg === 'request').map(({ route }) => String(route))
  expect(routes).toEqual([
    '/sessions',
    '/auth/session',
    expect.stringMatching(/^\/auth\/sessions\/:\w+$/),
    expect.stringMatching(/^\/.*appusers\/:userId$/),
  ])
})

test('a vendor whose clock is a minute off is told once, and once more when it agrees', async () => {
  let ahead = 60
  await using vendor = await listen((req, res) => {
    json(200, user, { date: new Date(Date.now() + ahead * 1000).toUTCString() })(req, res)
  })
  const told: number[] = []
  const realNow = performance.now.bind(performance)
  let later = 0
  performance.now = () => realNow() + later
  try {
    const upstream = createUpstream({ alarm: () => {}, odd: () => {}, called: () => {}, clock: (seconds) => told.push(seconds) })
    const call = () => upstream.call(appAt(vendor.origin), { operation: operations.get_app_user, params: { userId: 'someone' } })
    for (const then of [60, 60, -1, -1]) {
      ahead = then
      await call()
      later += 11_000
    }
    upstream.close()
  } finally {
    performance.now = realNow
  }
  expect(told).toEqual([expect.any(Number), 0])
  expect(Math.abs(told[0]! - 60)).toBeLessThanOrEqual(2)
})

test('whoever is turned away for a moment is told for how long, except where a client would delete again by itself', () => {
  const moment = (Object.keys(problems) as ProblemCode[]).filter((code) => [429, 503].includes(problems[code][0]))
  expect(moment.length).toBeGreaterThan(5)
  const untold = moment.filter((code) => !Object.hasOwn(headersOf(new Problem(code)), 'Retry-After'))
  expect(untold).toEqual(['upstream_busy'])
  expect(headersOf(new Problem('overloaded', { headers: { 'Retry-After': '2' } }))).toEqual({ 'Retry-After': '2' })
})

test('a vendor that is busy and does not say for how long is asked again after a second; a deletion is not', async () => {
  await using bff = await startBff()
  const headers = await bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: 'crm' } })
  bff.sandbox.fault({ status: 429, retryAfter: false })
  expect((await bff.call('PUT', '/v1.1/appusers/cust-20481', { headers, json: { givenName: 'N' } })).headers.get('retry-after')).toBe('1')
  bff.sandbox.clearFaults()
  await sleep(1_050)
  bff.sandbox.fault({ operation: 'delete_app_user', status: 429, retryAfter: false })
  const deletion = await bff.call('DELETE', '/v1.1/appusers/cust-20481', { headers })
  expect([deletion.status, deletion.headers.get('retry-after')]).toEqual([503, null])
})
