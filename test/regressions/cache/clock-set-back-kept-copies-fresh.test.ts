/** The age of a copy was told by a clock that can be set: set back by an hour, a copy of thirty seconds served for an hour, and a lease of three seconds held up all others for as long. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import type { CacheStore } from '../../../src/cache/store/cache-store.ts'
import { memoryCache } from '../../../src/cache/store/memory.ts'
import { redisCache } from '../../../src/cache/store/redis.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { setClock } from '../../support/skewed-clock.ts'
import { until } from '../../support/until.ts'

const hour = 3_600_000
const unique = () => randomBytes(12).toString('base64url')

interface Skewed extends AsyncDisposable {
  readonly cache: CacheStore
  /** Sets the clock of the cache back by an hour. */
  setBack(): Promise<void>
}

const inProcess = async (): Promise<Skewed> => {
  const clock = setClock(0)
  const cache = memoryCache()
  return {
    cache,
    setBack: async () => void setClock(-hour / 1000),
    [Symbol.asyncDispose]: async () => {
      cache.close()
      clock[Symbol.dispose]()
    },
  }
}

/** Nobody sets the clock of a Redis back here: all that lies in it is moved ahead, which is the same. */
const inRedis = async (): Promise<Skewed> => {
  const redis = await startRedis()
  const cache = await redisCache(redis.url, () => undefined)
  const client = new Redis(redis.url)
  return {
    cache,
    setBack: async () => {
      for (const key of await client.keys('bff:*')) {
        for (const [field, value] of Object.entries(await client.hgetall(key)))
          if (/^\d{13}$/.test(value)) await client.hset(key, field, String(Number(value) + hour))
        await client.pexpire(key, (await client.pttl(key)) + hour)
      }
    },
    [Symbol.asyncDispose]: async () => {
      client.disconnect()
      cache.close()
      await redis.stop()
    },
  }
}

const stores = [['in this process', inProcess], ...(redisInstalled() ? [['Redis', inRedis] as const] : [])] as const

test.each(stores)('a copy serves no longer than it may, although the clock is set back, %s', async (_, make) => {
  await using it = await make()
  const key = unique()
  const led = await it.cache.lookup(key, 'one')
  if (led.state !== 'granted') throw new Error(led.state)
  const fill = { ...led, sealed: 'c2VhbGVk', freshMs: 200, keepMs: 60_000 }
  expect(await it.cache.store(key, fill)).toBe(true)
  await it.setBack()
  await sleep(250)
  expect((await it.cache.lookup(key, 'two')).state).toBe('granted')
})

test.each(stores)('a reader who went leaves the lease to the next in time, although the clock is set back, %s', async (_, make) => {
  await using it = await make()
  const key = unique()
  expect((await it.cache.lookup(key, 'one')).state).toBe('granted')
  await it.setBack()
  expect(
    (
      await until(
        () => it.cache.lookup(key, 'two'),
        ({ state }) => state !== 'held',
      )
    ).state,
  ).toBe('granted')
})
