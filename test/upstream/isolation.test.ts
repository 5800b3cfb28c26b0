/** Calls that wait for a slow or busy vendor hold back nobody of another app or class, and are bounded. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import type { Operation } from '../../src/contract/operation.ts'
import { operations } from '../../src/contract/operations.ts'
import { until } from '../support/until.ts'
import { windowOf } from '../support/window.ts'
import { appAt, json, listen, problemOf, upstreamWith, user } from './vendor.ts'

const read = { operation: operations.get_app_user as Operation, params: { userId: 'u' }, retry: false }
const update = { operation: operations.update_app_user as Operation, params: { userId: 'u' }, body: { givenName: 'Mina' } }
const remove = { operation: operations.delete_app_user as Operation, params: { userId: 'u' } }
const authCode = { operation: operations.get_app_user_auth_code as Operation, params: { userId: 'u' } }
const calls = { read, update, remove, authCode }
type Name = keyof typeof calls
const names = Object.keys(calls) as Name[]

/** Holds every call of one kind until it is let go, and answers the others. */
const holding = async (method: string, path: RegExp) => {
  const gate = Promise.withResolvers<void>()
  const vendor = await listen(async (req, res) => {
    if (req.method === method && path.test(req.url ?? '')) await gate.promise
    json(200, req.url?.endsWith('/authcode') ? { authCode: 'x' } : user)(req, res)
  })
  return Object.assign(vendor, { letGo: gate.resolve })
}
const held: Record<Name, [method: string, path: RegExp]> = {
  read: ['GET', /\/u$/],
  update: ['PUT', /\/u$/],
  remove: ['DELETE', /\/u$/],
  authCode: ['GET', /\/u\/authcode$/],
}
const atOnce: Record<Name, number> = { read: 256, update: 128, remove: 64, authCode: 64 }

/** A minute, so that a busy machine ends none of the calls that are held. */
const patient = { timeLimit: () => 60_000 }
const arrived = async ({ requests }: { readonly requests: readonly unknown[] }, count: number): Promise<void> => {
  await until(() => requests.length >= count)
  expect(requests.length).toBe(count)
}
const times = <T>(count: number, work: () => T): T[] => Array.from({ length: count }, work)

test.each(names)('as many of %s as may be are at the vendor, the others are told so, and nobody else waits', async (name) => {
  await using vendor = await holding(...held[name])
  using upstream = upstreamWith(patient)
  const app = appAt(vendor.origin)
  const atVendor = times(atOnce[name], () => upstream.call(app, calls[name]))
  await arrived(vendor, atOnce[name])
  const others = Promise.all(times(2 * atOnce[name], () => problemOf(upstream.call(app, calls[name]))))
  const figures = () => [...upstream.bulkheads()].filter(([appId]) => appId === app.appId).map(([, , its]) => its)
  expect(figures()).toEqual([{ running: atOnce[name], waiting: atOnce[name] }])
  const refused = await others
  for (const problem of refused)
    expect(problem).toMatchObject({
      code: 'upstream_busy',
      status: 503,
      particulars: { outcome: 'not_sent', headers: { 'Retry-After': '2' } },
    })
  for (const other of names) if (other !== name) expect((await upstream.call(app, calls[other])).status).toBe(200)
  expect((await upstream.call({ ...app, appId: 'another' }, { ...calls[name], params: { userId: 'w' } })).status).toBe(200)
  const sent = vendor.requests.length
  vendor.letGo()
  expect(new Set((await Promise.all(atVendor)).map(({ status }) => status))).toEqual(new Set([200]))
  // What was refused is never sent later, and the places are free again.
  await upstream.call(app, calls[name])
  expect(figures().every(({ running, waiting }) => running === 0 && waiting === 0)).toBe(true)
  expect([vendor.requests.length, upstream.breaker]).toEqual([sent + 1, []])
})

test('whoever finds a place within the second is served', async () => {
  await windowOf(1_000, async () => {
    await using vendor = await holding(...held.read)
    using upstream = upstreamWith(patient)
    const app = appAt(vendor.origin)
    const first = times(256, () => upstream.call(app, read))
    await arrived(vendor, 256)
    const later = times(100, () => upstream.call(app, read))
    vendor.letGo()
    const answers = await Promise.all([...first, ...later])
    expect([new Set(answers.map(({ status }) => status)), vendor.requests.length]).toEqual([new Set([200]), 356])
  })
})

test('the look before a guarded call has places of its own, so that slow reads keep no deletion waiting', async () => {
  await using vendor = await holding('GET', /\/slow$/)
  using upstream = upstreamWith(patient)
  const app = appAt(vendor.origin)
  const slow = times(256, () => upstream.call(app, { ...read, params: { userId: 'slow' } }))
  const refused = await problemOf(upstream.call(app, read))
  expect(refused.code).toBe('upstream_busy')
  expect((await upstream.call(app, { ...read, bulkhead: 'guarded' })).status).toBe(200)
  vendor.letGo()
  await Promise.all(slow)
})

test.each([
  ['a number', '1', 1],
  ['none', undefined, 1],
  ['a longer one', '3', 3],
])('a 429 with %s as Retry-After pauses the app, and no other', async (_name, wait, seconds) => {
  let status = 429
  await using vendor = await listen((req, res) =>
    json(status, status === 200 ? user : {}, wait === undefined ? {} : { 'retry-after': wait })(req, res),
  )
  using upstream = upstreamWith()
  let attempts = 0
  // The pause may be over before a busy machine has come to the end: then for the next app.
  const app = await windowOf(1_000, async () => {
    attempts += 1
    const its = { ...appAt(vendor.origin), appId: `app-${attempts}` }
    const before = vendor.requests.length
    status = 429
    await problemOf(upstream.call(its, { ...read, retry: true }))
    expect(vendor.requests.length - before).toBe(1)
    status = 200
    for (const name of names) {
      const { code, particulars } = await problemOf(upstream.call(its, calls[name]))
      expect([code, particulars.outcome, particulars.headers]).toEqual(['upstream_busy', 'not_sent', { 'Retry-After': String(seconds) }])
    }
    expect(vendor.requests.length - before).toBe(1)
    return its
  })
  expect((await upstream.call({ ...app, appId: 'another' }, read)).status).toBe(200)
  await sleep(seconds * 1_000 + 50)
  expect((await upstream.call(app, read)).status).toBe(200)
})

test('a vendor that is busy with everything is asked as often as it allows', async () => {
  await using vendor = await listen(json(429, {}, { 'retry-after': '5' }))
  using upstream = upstreamWith()
  const app = appAt(vendor.origin)
  const began = performance.now()
  for (let round = 0; round < 40; round += 1) {
    await problemOf(upstream.call(app, read))
    await sleep(100)
  }
  expect(vendor.requests.length).toBeLessThanOrEqual(1 + Math.floor((performance.now() - began) / 5_000))
})

test('those who wait for a place while the vendor asks for a pause are not sent', async () => {
  const gate = Promise.withResolvers<void>()
  await using vendor = await listen(async (req, res) => {
    await gate.promise
    json(429, {}, { 'retry-after': '30' })(req, res)
  })
  using upstream = upstreamWith(patient)
  const app = appAt(vendor.origin)
  const first = times(256, () => problemOf(upstream.call(app, read)))
  await arrived(vendor, 256)
  const later = times(100, () => problemOf(upstream.call(app, read)))
  gate.resolve()
  const codes = (await Promise.all([...first, ...later])).map(({ code }) => code)
  expect([new Set(codes), vendor.requests.length]).toEqual([new Set(['upstream_busy']), 256])
})
