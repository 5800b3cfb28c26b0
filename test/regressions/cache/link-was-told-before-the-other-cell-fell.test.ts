/** An update by _id told the other name although the drop there had failed, and a read by userId from before the update could then be stored. */

import { expect, test } from '@jest/globals'
import type { UpstreamApp } from '../../../config/apps.ts'
import { cacheKeysOf } from '../../../src/cache/keys.ts'
import type { CacheStore } from '../../../src/cache/store/cache-store.ts'
import { memoryCache } from '../../../src/cache/store/memory.ts'
import { operations } from '../../../src/contract/operations.ts'
import type { Upstream } from '../../../src/upstream/client.ts'
import { peppers, replica } from '../../cache/replicas.ts'

const app = { appId: 'app' } as UpstreamApp
const _id = '0123456789abcdef01234567'
const answer = (givenName: string) => ({
  body: { appUser: { _id, userId: 'ada', givenName, conversationStarted: false, properties: {} } },
  ...{ status: 200, calls: 1, durationMs: 1 },
})

test('when one of the two drops after an update fails, nothing from before it is stored', async () => {
  const store = memoryCache()
  const [cell] = cacheKeysOf(peppers, 'app', { kind: 'user', id: 'ada' })
  const half: CacheStore = {
    ...store,
    invalidate: async (it, drop) => {
      if (it === cell) throw new Error('that node is away')
      return await store.invalidate(it, drop)
    },
  }
  const { invalidation: changes } = replica(half)
  const { users } = replica(store)
  const { call } = changes.invalidating({ call: async () => answer('new') } as unknown as Upstream)
  await users.read({ app: 'app', id: 'ada' }, async () => {
    await call(app, { operation: operations.update_app_user, params: { userId: _id }, body: {} })
    return answer('old')
  })
  const read = await users.read({ app: 'app', id: 'ada' }, async () => answer('new'))
  expect(read.entry.body().appUser['givenName']).toBe('new')
  changes.close()
  store.close()
})
