/** The cache when many ask at once, when a leader fails, when the vendor is down, and when its own Redis is. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, appId, type Bff, type Carried, patiently, pepper, startBff } from '../support/bff.ts'
import { type Pair, startPair } from '../support/pair.ts'
import { startRedis } from '../support/redis.ts'
import { processEnv, startProcess } from '../support/service-process.ts'
import { until } from '../support/until.ts'
import { windowOf } from '../support/window.ts'

let pair: Pair
let { redis, one, two, staff } = {} as Pair
beforeAll(async () => {
  pair = await startPair()
  ;({ redis, one, two, staff } = pair)
})
afterAll(async () => {
  await pair[Symbol.asyncDispose]()
})

let count = 0
const person = (bff = one) => {
  count += 1
  const userId = `t-${count}`
  bff.sandbox.createUser(appId, { userId, givenName: userId })
  return userId
}
const get = (bff: Bff, id: string, headers: Carried = staff) => bff.call('GET', `/v1.1/appusers/${id}`, { headers })
const readsOf = (bff: Bff) => bff.sandbox.requests.filter(({ operation }) => operation === 'get_app_user').length
const rights = (answers: readonly Answer[], userId: string) =>
  answers.filter((answer) => answer.status === 200 && answer.json.appUser.userId === userId).length

describe('when many ask at once', () => {
  test('1,000 equal cold reads over two replicas make at most 2 upstream calls (I4)', async () => {
    const userId = person()
    one.sandbox.fault({ operation: 'get_app_user', latency: 100 })
    const before = readsOf(one)
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, i) => patiently(() => get(i % 2 ? one : two, userId))))
    one.sandbox.clearFaults()
    expect(rights(answers, userId)).toBe(1_000)
    expect(readsOf(one) - before).toBeLessThanOrEqual(2)
  })

  test('a leader whose client hangs up does not fail the others', async () => {
    const userId = person()
    const { promise: held, resolve } = Promise.withResolvers<void>()
    one.sandbox.fault({ operation: 'get_app_user', held, times: 1 })
    const before = readsOf(one)
    const gone = new AbortController()
    const leader = fetch(`${one.app.publicUrl}/bff/v1.1/appusers/${userId}`, { headers: staff, signal: gone.signal }).catch(() => 'gone')
    await until(() => readsOf(one) !== before)
    const others = [one, two, one, two].map((bff) => get(bff, userId))
    // They have joined by then, which nothing tells from outside.
    await sleep(500)
    gone.abort()
    expect(await leader).toBe('gone')
    resolve()
    expect(rights(await Promise.all(others), userId)).toBe(4)
    expect(readsOf(one) - before).toBe(1)
  })

  test('a leader who gets 500 does not fail the others', async () => {
    const userId = person()
    one.sandbox.fault({ operation: 'get_app_user', latency: 300, status: 500, times: 1 })
    const before = readsOf(one)
    const leader = get(one, userId)
    await until(() => readsOf(one) !== before)
    const others = await Promise.all([one, two, one, two, one, two].map((bff) => get(bff, userId)))
    one.sandbox.clearFaults()
    expect([200, 502]).toContain((await leader).status)
    expect(rights(others, userId)).toBe(6)
  })

  test('when the process of a leader is killed, the others are answered within the lease', async () => {
    const userId = person()
    await using third = await startProcess({
      ...processEnv,
      SMOOCH_BASE_URL: one.sandbox.url,
      SESSION_PEPPERS: `p1:${pepper}`,
      LIMIT_READS: '100000',
      REDIS_URL: redis.url,
    })
    // The check at the start of the third asks the vendor for a user, too.
    one.sandbox.fault({ operation: 'get_app_user', userId, hang: true, times: 1 })
    const leader = fetch(`${third.publicUrl}/bff/v1.1/appusers/${userId}`, { headers: staff }).catch(() => 'killed')
    await until(() => one.sandbox.requests.some(({ url }) => url.includes(userId)))
    third.child.kill('SIGKILL')
    await third.ended
    const began = performance.now()
    const others = await Promise.all([one, two, one, two].map((bff) => get(bff, userId)))
    one.sandbox.clearFaults()
    expect([await leader, rights(others, userId)]).toEqual(['killed', 4])
    expect(performance.now() - began).toBeLessThan(40_000)
  })
})

describe('when a copy grows old', () => {
  const live = { freshMs: 300, revalidateMs: 1_400, ifErrorMs: 3_000, noneMs: 200 }

  test('it is served while one reader renews it; then for as long as the vendor is down; then no more', async () => {
    const env = { REDIS_URL: redis.url }
    await using bff = await startBff({ env, cacheTimes: live })
    const headers = await bff.signIn({ roles: ['agent'], actor: { id: 'agent' } })
    // Of this time 2,300 ms are slept: with less than 300 beside them each look came while the copy was as old as it should be.
    const userId = await windowOf(2_600, async () => {
      bff.sandbox.clearFaults()
      const id = person(bff)
      await get(bff, id, headers)
      await sleep(500)
      const before = readsOf(bff)
      // The one who renews it waits, so that all four come before the new copy.
      const { promise: held, resolve: release } = Promise.withResolvers<void>()
      bff.sandbox.fault({ operation: 'get_app_user', held, times: 1 })
      const stale = await Promise.all([1, 2, 3, 4].map(() => get(bff, id, headers))).finally(release)
      expect(stale.map((answer) => answer.headers.get('cache-status'))).toEqual(Array(4).fill('smooch-bff; hit; ttl=-1'))
      await until(async () => (await get(bff, id, headers)).headers.get('cache-status') === 'smooch-bff; hit; ttl=0')
      expect(readsOf(bff) - before).toBe(1)

      bff.sandbox.fault({ operation: 'get_app_user', status: 503 })
      await sleep(1_800)
      const old = await get(bff, id, headers)
      expect([old.status, old.json.appUser.userId, old.headers.get('cache-status')]).toEqual([
        200,
        id,
        'smooch-bff; fwd=stale; fwd-status=502; detail=stale-if-error',
      ])
      return id
    })
    await sleep(1_800)
    expect((await get(bff, userId, headers)).status).toBe(502)
    bff.sandbox.clearFaults()
    expect((await get(bff, userId, headers)).status).toBe(200)
  })
})

describe('when the Redis of the cache alone is down', () => {
  test('reads go straight upstream, coalesced, and writes go on', async () => {
    const own = await startRedis()
    await using bff = await startBff({ env: { REDIS_URL: redis.url, CACHE_REDIS_URL: own.url } })
    const headers = await bff.signIn({ roles: ['agent'], actor: { id: 'agent' } })
    const userId = person(bff)
    await get(bff, userId, headers)
    expect((await get(bff, userId, headers)).headers.get('cache-status')).toContain('hit')
    await own.stop()
    bff.sandbox.fault({ operation: 'get_app_user', latency: 100 })
    const before = readsOf(bff)
    const answers = await Promise.all(Array.from({ length: 100 }, () => get(bff, userId, headers)))
    expect([rights(answers, userId), answers[0]?.headers.get('cache-status')]).toEqual([
      100,
      'smooch-bff; fwd=bypass; detail=store-unavailable',
    ])
    // One call after the other while they come in: how many that are depends on the machine, but never one each.
    expect(readsOf(bff) - before).toBeLessThanOrEqual(30)
    const written = await bff.call('PUT', `/v1.1/appusers/${userId}`, { headers, json: { givenName: 'new' } })
    expect([written.status, (await get(bff, userId, headers)).json.appUser.givenName]).toEqual([200, 'new'])
  })
})
