/** What began or was used while the clock of the store was ahead lived longer by as much, once that was set right: sessions, tokens of mobile apps, and the grace in which a used refresh token gives the next one. */
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { memoryStore } from '../../../src/session/store/memory.ts'
import { redisStore } from '../../../src/session/store/redis.ts'
import type { SessionStore } from '../../../src/session/store/session-store.ts'
import { newSession, place, touch, unique } from '../../contracts/session-store-samples.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'

const hour = 3_600_000

interface Skewed extends AsyncDisposable {
  readonly store: SessionStore
  /** Sets the store's clock back by an hour. */
  setBack(): Promise<void>
}

const inProcess = async (): Promise<Skewed> => {
  let ahead = hour
  const store = memoryStore(() => Date.now() + ahead)
  return {
    store,
    setBack: async () => {
      ahead = 0
    },
    [Symbol.asyncDispose]: async () => store.close(),
  }
}

/** Nobody sets the clock of a Redis back here: all that lies in it is moved ahead, which is the same. */
const inRedis = async (): Promise<Skewed> => {
  const redis = await startRedis()
  const store = await redisStore(redis.url, () => undefined)
  const client = new Redis(redis.url)
  return {
    store,
    setBack: async () => {
      for (const key of await client.keys('bff:*')) {
        for (const [field, value] of Object.entries(await client.hgetall(key)))
          await client.hset(
            key,
            field,
            value.replaceAll(/\b\d{13}\b/g, (time) => String(Number(time) + hour)),
          )
        const left = await client.pttl(key)
        if (left > 0) await client.pexpire(key, left + hour)
      }
    },
    [Symbol.asyncDispose]: async () => {
      client.disconnect()
      store.close()
      await redis.stop()
    },
  }
}

const stores = [['in this process', inProcess], ...(redisInstalled() ? [['Redis', inRedis] as const] : [])] as const

test.each(stores)(
  'a session that began ahead has no more of its life left than it was given, and only passing time takes of it, %s',
  async (_, make) => {
    await using it = await make()
    const [used, looked] = [place(), place()]
    for (const at of [used, looked]) await it.store.create(at, newSession({ idleMs: 60_000, absoluteMs: 120_000 }))
    await it.setBack()
    const left = async (at: typeof used, options: { touch: boolean } = touch) => {
      const found = await it.store.enter(at, options)
      return found!.expiresMs - found!.nowMs
    }
    const first = await left(used)
    expect(first).toBeLessThanOrEqual(120_000)
    expect(first).toBeGreaterThan(100_000)
    expect(await left(used)).toBeGreaterThan(100_000)
    // Polling is no activity: it ends an idle minute later.
    await left(looked, { touch: false })
    const [at] = await it.store.lastSeen(looked.tag, [{ key: looked.key, family: false }])
    expect(at).toBeDefined()
  },
)

test.each(stores)('whoever begins after an end that was ahead lives as long as others, %s', async (_, make) => {
  await using it = await make()
  const at = place()
  await it.store.create(at, newSession())
  await it.store.endAll(at.tag)
  await it.setBack()
  const later = place(at.tag)
  const { expiresMs } = await it.store.create(later, newSession({ absoluteMs: 120_000 }))
  expect(expiresMs - (await it.store.now())).toBeLessThanOrEqual(120_000)
  expect(await it.store.enter(later, touch)).toBeDefined()
})

test.each(stores)('tokens that were given out ahead live no longer, and one that was used then is used, %s', async (_, make) => {
  await using it = await make()
  const at = place()
  const access = () => ({ key: unique(), sealed: 'YWNjZXNz', lifeMs: 10_000 })
  const family = { sid: 's_1', sealed: 'ZmFt', index: 'aQ==', idleMs: 60_000, absoluteMs: 120_000, token: 't1', access: access() }
  await it.store.createFamily(at, family)
  const second = { sid: 's_1', token: 't1', next: 't2', access: access(), graceMs: 20_000 }
  expect((await it.store.refresh(at, second)).outcome).toBe('new')
  await it.setBack()
  const found = await it.store.enter({ ...at, key: second.access.key }, touch)
  expect(found!.expiresMs - found!.nowMs).toBeLessThanOrEqual(10_000)
  const third = await it.store.refresh(at, { ...second, token: 't2', next: 't3', access: access() })
  expect(third).toMatchObject({ outcome: 'new' })
  if ('next' in third) expect(third.expiresMs - third.nowMs).toBeLessThanOrEqual(120_000)
  expect((await it.store.refresh(at, second)).outcome).toBe('reused')
})
