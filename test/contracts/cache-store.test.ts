/** The contract of cache stores over each store that there is. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { memoryCache } from '../../src/cache/store-memory.ts'
import { redisCache } from '../../src/cache/store-redis.ts'
import { startCluster, type TestCluster } from '../support/cluster.ts'
import { redisInstalled } from '../support/redis.ts'
import { cacheStoreContract } from './cache-store.ts'

const ignore = () => undefined
const url = process.env['TEST_REDIS_URL']

cacheStoreContract('in this process', {
  make: async () => {
    const store = memoryCache()
    return [store, store]
  },
  runs: 1_000,
})

if (url) cacheStoreContract('Redis', { make: async () => [await redisCache(url, ignore), await redisCache(url, ignore)], runs: 1_000 })

if (redisInstalled()) {
  describe('with a Redis Cluster of three', () => {
    let cluster: TestCluster
    beforeAll(async () => {
      cluster = await startCluster()
    }, 30_000)
    afterAll(() => cluster.stop())

    cacheStoreContract('Redis Cluster', {
      make: async () => [await redisCache(cluster.url, ignore), await redisCache(cluster.url, ignore)],
      runs: 100,
    })

    test('spreads the cells', () => {
      expect(cluster.nodes).toBe(3)
    })
  })
}
