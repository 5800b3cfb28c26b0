/** The cache's own Redis was away during a deletion, and then during an update of the same user: what had to be made up for was remembered by key, the last alone. So the update's milder invalidation kept the entry of whom had been deleted, and a failure that came while an earlier one was being made up for was forgotten with it. */
import { expect, test } from '@jest/globals'
import type { UpstreamApp } from '../../../config/apps.ts'
import { createEntries } from '../../../src/cache/entry.ts'
import { createInvalidation } from '../../../src/cache/invalidation.ts'
import type { CacheStore, Invalidate } from '../../../src/cache/store/cache-store.ts'
import { memoryCache } from '../../../src/cache/store/memory.ts'
import { operations } from '../../../src/contract/operations.ts'
import type { Upstream } from '../../../src/upstream/client.ts'
import { peppers } from '../../cache/replicas.ts'
import { until } from '../../support/until.ts'

const app = { appId: 'app' } as UpstreamApp

const open = (store: CacheStore) => {
  const changes = createInvalidation({
    ...{ store, peppers, strict: false, alarm: () => undefined },
    entries: createEntries({ peppers, selfViewOf: (user) => user }),
  })
  const send = async () => ({ body: {}, status: 200, calls: 1, durationMs: 1 })
  const failed = async () => {
    throw new Error('no answer')
  }
  const upstream = (call: () => Promise<unknown>) => changes.invalidating({ call, callGuarded: call } as unknown as Upstream)
  const about = { params: { userId: 'ada' }, body: {} }
  return {
    close: changes.close,
    remove: () => upstream(send).callGuarded(app, {} as never, { operation: operations.delete_app_user, ...about }),
    updateWithoutAnswer: () =>
      upstream(failed)
        .call(app, { operation: operations.update_app_user, ...about })
        .catch(() => undefined),
  }
}

test('the strictest of several invalidations that could not be made is made up for', async () => {
  const store = memoryCache()
  const redis: { away: boolean } = { away: true }
  const made: Invalidate[] = []
  const { remove, updateWithoutAnswer, close } = open({
    ...store,
    invalidate: async (key, drop) => {
      if (redis.away) throw new Error('Redis is away')
      made.push(drop)
      return await store.invalidate(key, drop)
    },
  })
  await remove()
  await updateWithoutAnswer()
  redis.away = false
  await until(() => made.length > 0)
  close()
  store.close()
  expect(made[0]).toMatchObject({ blockMs: 60_000, tombstone: '?' })
  expect(made[0]!.agedMs).toBeUndefined()
})

test('what fails while an earlier failure is being made up for is made up for too', async () => {
  const store = memoryCache()
  const redis: { away: boolean } = { away: true }
  let made = 0
  const { remove, close } = open({
    ...store,
    invalidate: async (key, drop) => {
      if (redis.away) throw new Error('Redis is away')
      made += 1
      // The first is being made when the next deletion finds Redis away.
      if (made === 1) {
        redis.away = true
        await remove()
        redis.away = false
      }
      return await store.invalidate(key, drop)
    },
  })
  await remove()
  redis.away = false
  await until(() => made >= 2)
  close()
  store.close()
})
