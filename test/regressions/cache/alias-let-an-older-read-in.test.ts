/** A write under one name that knows no other keeps readers of the other name from storing, for as long as they may fetch: no alias is taken meanwhile. A write that knew both names noted the alias all the same, was told that the two
 * had met, and left it at that: a reader of the other name stored the user from before the first write. One in some 30,000 interleavings of the contract of cache stores. */
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import type { UpstreamApp } from '../../../config/apps.ts'
import { cacheKeysOf, type Name } from '../../../src/cache/keys.ts'
import { createPersonInvalidation } from '../../../src/cache/person-invalidation.ts'
import type { CacheStore } from '../../../src/cache/store/cache-store.ts'
import { memoryCache } from '../../../src/cache/store/memory.ts'
import { operations } from '../../../src/contract/operations.ts'
import type { Upstream } from '../../../src/upstream/client.ts'
import { peppers, replica } from '../../cache/replicas.ts'
import { until } from '../../support/until.ts'

const _id = '0123456789abcdef01234567'
const smooch: Name = { kind: 'smooch', id: _id }
const user: Name = { kind: 'user', id: 'ada' }
const [smoochKey] = cacheKeysOf(peppers, 'app', smooch)
const [userKey] = cacheKeysOf(peppers, 'app', user)
const answer = (givenName: string) => ({
  body: { appUser: { _id, userId: 'ada', givenName, conversationStarted: false, properties: {} } },
  ...{ status: 200, calls: 1, durationMs: 1 },
})

/** A read of `read` begins; then the vendor tells, by the other name alone, that the person has changed. */
const scene = () => {
  const store = memoryCache()
  const { users, invalidation } = replica(store)
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  let reading: Promise<unknown> | undefined
  return {
    store,
    begin: async (read: Name, told: Name): Promise<void> => {
      const began = Promise.withResolvers<void>()
      reading = users.read({ app: 'app', id: read.id }, async () => {
        began.resolve()
        await held
        return answer('old')
      })
      await began.promise
      await invalidation.invalidate('app', { names: [told] })
    },
    /** What the next reader gets, after that first one. */
    read: async ({ id }: Name): Promise<unknown> => {
      letGo()
      await reading
      const { entry } = await users.read({ app: 'app', id }, async () => answer('new'))
      return entry.body().appUser['givenName']
    },
  }
}

test('after an update whose answer may not be stored', async () => {
  const { store, begin, read } = scene()
  const meeting: CacheStore = {
    ...store,
    writeThrough: async (key, entry) => {
      await begin(user, smooch)
      return await store.writeThrough(key, entry)
    },
  }
  const { call } = replica(meeting).invalidation.invalidating({ call: async () => answer('old') } as unknown as Upstream)
  await call({ appId: 'app' } as UpstreamApp, { operation: operations.update_app_user, params: { userId: _id }, body: {} })
  expect(await read(user)).toBe('new')
  store.close()
})

test.each([
  ['userId', user, smooch, smoochKey],
  ['_id', smooch, user, userKey],
] as const)('after a write that invalidates both names at once: a read by %s', async (_by, name, told, last) => {
  const { store, begin, read } = scene()
  const meeting: CacheStore = {
    ...store,
    invalidate: async (key, how) => {
      if (key === last) {
        await turn()
        await begin(name, told)
      }
      return await store.invalidate(key, how)
    },
  }
  const both = createPersonInvalidation({ store: meeting, peppers })
  await both.invalidate('app', { names: [], both: [smooch, user] }, { blockMs: 0 })
  expect(await read(name)).toBe('new')
  both.close()
  store.close()
})

test('after one that the store took at the second try', async () => {
  const { store, begin, read } = scene()
  let tries = 0
  const away: CacheStore = {
    ...store,
    invalidate: async (key, how) => {
      if (key !== smoochKey) return await store.invalidate(key, how)
      tries += 1
      if (tries === 1) throw new Error('that node is away')
      if (tries === 2) await begin(user, smooch)
      return await store.invalidate(key, how).finally(() => {
        tries += 1
      })
    },
  }
  const both = createPersonInvalidation({ store: away, peppers })
  await expect(both.invalidate('app', { names: [], both: [smooch, user] }, { blockMs: 0 })).rejects.toThrow('that node is away')
  await until(() => tries > 2)
  expect(await read(user)).toBe('new')
  both.close()
  store.close()
})
