/** What is sent again is bounded for each app, however many ask at once. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { operations } from '../../src/contract/operations.ts'
import { until } from '../support/until.ts'
import { appAt, json, listen, problemOf, upstreamWith, user } from './vendor.ts'

const readOf = (userId: string) => ({ operation: operations.get_app_user, params: { userId } })
const times = <T>(count: number, work: (nth: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, nth) => work(nth)))

/** Without the looks at a vendor that was away, which come while a busy machine is late. */
const sendsOf = ({ requests }: { readonly requests: readonly { readonly url: string | undefined }[] }, ending: string): number =>
  requests.filter(({ url = '' }) => url.endsWith(ending) && !url.endsWith('smooch-bff-check')).length

const troubles = {
  'resets each connection': (req) => void req.socket.destroy(),
  'answers 502': json(502, {}),
  'answers 503': json(503, {}),
  'answers 504': json(504, {}),
  'answers 503 and asks to wait': json(503, {}, { 'retry-after': '1' }),
} satisfies Record<string, Parameters<typeof listen>[0]>

describe.each(Object.entries(troubles))('a vendor that %s', (_name, trouble) => {
  test.concurrent('gets at most twelve sends for ten of a hundred reads that come at once', async () => {
    await using vendor = await listen(trouble)
    using upstream = upstreamWith()
    const codes = await times(100, async (nth) => (await problemOf(upstream.call(appAt(vendor.origin), readOf(`u${nth}`)))).code)
    expect(new Set(codes).size).toBe(1)
    const sends = sendsOf(vendor, '')
    expect([sends >= 100, sends <= 120]).toEqual([true, true])
  })
})

test.concurrent('a vendor that fails every third read, too few for the breaker, gets at most a fifth and ten more sends', async () => {
  let nth = 0
  await using vendor = await listen((req, res) => json(++nth % 3 === 0 ? 503 : 200, nth % 3 === 0 ? {} : user)(req, res))
  using upstream = upstreamWith()
  const calls = 600
  const began = performance.now()
  for (let round = 0; round < calls / 20; round += 1)
    await times(20, (at) => upstream.call(appAt(vendor.origin), readOf(`u${at}`)).catch(() => undefined))
  const seconds = (performance.now() - began) / 1_000
  expect(upstream.breaker).toEqual([])
  const sends = sendsOf(vendor, '')
  expect(sends).toBeGreaterThan(calls)
  expect(sends).toBeLessThanOrEqual(calls * 1.2 + 10 + seconds)
})

test.concurrent('one app has used up what it may send again, and another has not', async () => {
  await using vendor = await listen(json(503, {}))
  using upstream = upstreamWith()
  await times(30, () => problemOf(upstream.call(appAt(vendor.origin), readOf('u'))))
  await problemOf(upstream.call({ ...appAt(vendor.origin), appId: 'another' }, readOf('u')))
  expect(sendsOf(vendor, 'another/appusers/u')).toBe(3)
})

test.concurrent('a read is sent again two seconds after what was saved has been used up', async () => {
  let status = 200
  await using vendor = await listen((req, res) => json(status, status === 200 ? user : {})(req, res))
  using upstream = upstreamWith()
  const app = appAt(vendor.origin)
  // Twenty that are answered, so that those which fail are too few for the breaker.
  await times(20, () => upstream.call(app, readOf('u')))
  status = 503
  await times(14, () => problemOf(upstream.call(app, readOf('u'))))
  await sleep(2_100)
  await problemOf(upstream.call(app, readOf('later')))
  expect(sendsOf(vendor, 'later')).toBe(3)
})

test.concurrent('nothing is sent again once the vendor has asked for a pause meanwhile', async () => {
  let nth = 0
  await using vendor = await listen((req, res) => {
    nth += 1
    json(nth === 1 ? 503 : 429, {}, nth === 1 ? { 'retry-after': '1' } : { 'retry-after': '5' })(req, res)
  })
  using upstream = upstreamWith()
  const app = appAt(vendor.origin)
  const first = problemOf(upstream.call(app, readOf('u')))
  await until(() => vendor.requests.length > 0)
  await problemOf(upstream.call(app, readOf('w')))
  expect((await first).code).toBe('upstream_error')
  expect(sendsOf(vendor, '')).toBe(2)
})

test.concurrent('nothing is sent again once the vendor has been found away meanwhile', async () => {
  await using vendor = await listen((req, res) => json(503, {}, req.url?.endsWith('/first') ? { 'retry-after': '1' } : {})(req, res))
  using upstream = upstreamWith()
  const app = appAt(vendor.origin)
  const first = problemOf(upstream.call(app, readOf('first')))
  await until(() => vendor.requests.length > 0)
  await times(12, () => problemOf(upstream.call(app, { ...readOf('u'), retry: false })))
  expect(upstream.breaker).toEqual([{ appId: app.appId, open: true }])
  await first
  expect(sendsOf(vendor, 'first')).toBe(1)
})
