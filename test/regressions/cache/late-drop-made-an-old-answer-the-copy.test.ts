/** With a Redis of the cache's own a change goes on when its drop before could not be made. Made late, after another write had come and gone, it let the older answer become the copy. */

import { expect, test } from '@jest/globals'
import type { UpstreamApp } from '../../../config/apps.ts'
import { createEntries } from '../../../src/cache/entry.ts'
import { createInvalidation } from '../../../src/cache/invalidation.ts'
import type { CacheStore, Invalidate } from '../../../src/cache/store/cache-store.ts'
import { memoryCache } from '../../../src/cache/store/memory.ts'
import { operations } from '../../../src/contract/operations.ts'
import type { Upstream } from '../../../src/upstream/client.ts'
import { peppers, replica } from '../../cache/replicas.ts'

const app = { appId: 'app' } as UpstreamApp
const person = (givenName: string) => ({
  appUser: { _id: '0123456789abcdef01234567', userId: 'ada', givenName, conversationStarted: false, properties: {} },
})

test('a write whose drop before came late does not make its answer the copy', async () => {
  const store = memoryCache()
  const late: [string, Invalidate][] = []
  const away: CacheStore = {
    ...store,
    invalidate: async (cell, drop) => {
      if (drop.writeToken === undefined) return await store.invalidate(cell, drop)
      late.push([cell, drop])
      throw new Error('Redis did not answer in time')
    },
  }
  const writer = (on: CacheStore, answer: () => Promise<unknown>) => {
    const changes = createInvalidation({
      ...{ store: on, peppers, strict: false, alarm: () => undefined },
      entries: createEntries({ peppers, selfViewOf: (user) => user }),
    })
    const call = async () => ({ body: await answer(), status: 200, calls: 1, durationMs: 1 })
    const { call: send } = changes.invalidating({ call } as unknown as Upstream)
    return async () => {
      await send(app, { operation: operations.update_app_user, params: { userId: 'ada' }, body: {} })
      changes.close()
    }
  }
  const newer = writer(store, async () => person('new'))
  const older = writer(away, async () => {
    await newer()
    for (const [cell, drop] of late) await store.invalidate(cell, drop)
    return person('old')
  })
  await older()
  const fetch = async () => ({ body: person('new'), status: 200, calls: 1, durationMs: 1 })
  const read = await replica(store).users.read({ app: 'app', id: 'ada' }, fetch)
  expect(read.entry.body().appUser['givenName']).toBe('new')
  store.close()
})
