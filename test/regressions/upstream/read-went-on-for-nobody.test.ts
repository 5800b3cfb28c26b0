/** A caller who hung up left the read at the vendor behind, which took a place there for eight seconds. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { operations } from '../../../src/contract/operations.ts'
import { type Bff, type Carried, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'
import { appAt, listen, problemOf, upstreamWith } from '../../upstream/vendor.ts'

/** Answers changes, and reads of somebody called slow, when it is let go; tells how many were broken off. */
const startVendor = async () => {
  const gate = Promise.withResolvers<void>()
  let broken = 0
  const vendor = await listen(async (req, res) => {
    res.once('close', () => {
      if (!res.writableFinished) broken += 1
    })
    if (req.method !== 'GET' || /\/slow/.test(req.url ?? '')) await gate.promise
    const userId = decodeURIComponent(/appusers\/([^/]+)/.exec(req.url ?? '')?.[1] ?? '')
    const user = { appUser: { _id: '6a1f0c2be84d9f3b7715c0aa', userId, conversationStarted: true, properties: {} } }
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(req.url?.endsWith('channels') ? { channels: [] } : user))
  })
  return Object.assign(vendor, { letGo: gate.resolve, broken: () => broken })
}

let vendor: Awaited<ReturnType<typeof startVendor>>
let bff: Bff
let staff: Carried
beforeEach(async () => {
  vendor = await startVendor()
  bff = await startBff({ env: { SMOOCH_BASE_URL: vendor.origin } })
  staff = await bff.signIn({ roles: ['admin', 'agent'], actor: { id: 'ada' } })
})
afterEach(async () => {
  await bff[Symbol.asyncDispose]()
  await vendor[Symbol.asyncDispose]()
})

/** A call whose caller can hang up. */
const begin = (method: string, path: string, json?: unknown) => {
  const gone = new AbortController()
  const answer = fetch(`${bff.app.publicUrl}/bff${path}`, {
    method,
    headers: { ...staff, ...(json !== undefined && { 'content-type': 'application/json' }) },
    body: json === undefined ? null : JSON.stringify(json),
    signal: gone.signal,
  }).then(
    ({ status }) => status,
    () => 'gone',
  )
  return { answer, hangUp: () => gone.abort() }
}

test.each([
  ['a user', '/v1.1/appusers/slow'],
  ['channels', '/v1.1/appusers/slow/channels'],
])('the read of %s ends at the vendor when its caller has gone, and counts for no outage', async (_what, path) => {
  for (let times = 0; times < 12; times += 1) {
    const before = vendor.requests.length
    const call = begin('GET', path)
    await until(() => vendor.requests.length > before)
    call.hangUp()
    await until(() => vendor.broken() > times)
  }
  expect(vendor.requests.length).toBe(12)
  expect((await bff.call('GET', '/v1.1/appusers/quick', { headers: staff })).status).toBe(200)
  expect(bff.lines.filter(({ alarm }) => alarm !== undefined)).toEqual([])
})

test('a read that several wait for goes on until the last of them has gone', async () => {
  const calls = [1, 2, 3].map(() => begin('GET', '/v1.1/appusers/slow'))
  await until(() => vendor.requests.length === 1)
  await sleep(200)
  calls[0]!.hangUp()
  calls[1]!.hangUp()
  await sleep(300)
  expect(vendor.broken()).toBe(0)
  vendor.letGo()
  expect([await calls[2]!.answer, vendor.requests.length]).toEqual([200, 1])
})

test.each([
  ['an update', 'PUT', '/v1.1/appusers/other', { givenName: 'A' }],
  ['a deletion', 'DELETE', '/v1.1/appusers/other', undefined],
])('%s goes on though its caller has gone', async (_what, method, path, json) => {
  const call = begin(method, path, json)
  await until(() => vendor.requests.some((it) => it.method === method))
  call.hangUp()
  await sleep(300)
  expect(vendor.broken()).toBe(0)
  vendor.letGo()
  await until(() => bff.lines.some(({ operation, status }) => operation !== undefined && status === 499))
  expect(vendor.broken()).toBe(0)
})

test('a read ends with the patience of who waits, which says nothing about the vendor; a change does not', async () => {
  using upstream = upstreamWith()
  const app = appAt(vendor.origin)
  const patience = { until: performance.now() + 100 }
  for (let times = 0; times < 12; times += 1) {
    const { code } = await problemOf(
      upstream.call(app, { operation: operations.get_app_user, params: { userId: 'slow' }, retry: false, patience }),
    )
    expect(code).toBe('upstream_timeout')
  }
  const change = upstream.call(app, { operation: operations.update_app_user, params: { userId: 'slow' }, body: {}, patience })
  await sleep(200)
  vendor.letGo()
  expect([(await change).status, upstream.breaker]).toEqual([200, []])
})
