import { afterAll } from '@jest/globals'
import { memoryStore } from '../../src/session/store/memory.ts'
import { redisStore } from '../../src/session/store/redis.ts'
import { redisInstalled } from '../support/redis.ts'
import { startCluster, startSentinel, type Topology } from '../support/redis-topologies.ts'
import { sessionStoreContract } from './session-store.ts'

sessionStoreContract('in this process', async () => memoryStore())

const url = process.env['TEST_REDIS_URL']
if (url) sessionStoreContract('Redis', () => redisStore(url, () => undefined))

const running: Topology[] = []
afterAll(async () => {
  for (const topology of running) await topology.stop()
})

const on = (start: () => Promise<Topology>) => async () => {
  const topology = await start()
  running.push(topology)
  return redisStore(topology.url, () => undefined)
}

if (redisInstalled()) {
  sessionStoreContract('Redis with Sentinel', on(startSentinel))
  sessionStoreContract('Redis Cluster', on(startCluster))
}
