/** The contract of cache stores over each store that there is. */
import { afterAll, beforeAll, describe } from '@jest/globals'
import { memoryCache } from '../../src/cache/store/memory.ts'
import { redisCache } from '../../src/cache/store/redis.ts'
import { redisInstalled } from '../support/redis.ts'
import { startCluster, startSentinel, type Topology } from '../support/redis-topologies.ts'
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
  describe.each([
    ['Redis with Sentinel', startSentinel],
    ['Redis Cluster', startCluster],
  ] as const)('with %s', (name, start) => {
    let topology: Topology
    beforeAll(async () => {
      topology = await start()
    })
    afterAll(() => topology.stop())

    cacheStoreContract(name, {
      make: async () => [await redisCache(topology.url, ignore), await redisCache(topology.url, ignore)],
      runs: 100,
    })
  })
}
