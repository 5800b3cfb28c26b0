import { readFileSync } from 'node:fs'
import { afterAll } from '@jest/globals'
import { Redis } from 'ioredis'
import { memoryStore } from '../../src/session/store/memory.ts'
import { redisStore } from '../../src/session/store/redis.ts'
import { redisInstalled } from '../support/redis.ts'
import { startCluster, startSentinel, startStandalone, type Topology } from '../support/redis-topologies.ts'
import { sessionStoreContract } from './session-store.ts'

sessionStoreContract('in this process', async () => memoryStore())

const url = process.env['TEST_REDIS_URL']
if (url) sessionStoreContract('Redis', () => redisStore(url, () => undefined))

const running: Pick<Topology, 'stop'>[] = []
afterAll(async () => {
  for (const topology of running) await topology.stop()
})

const on = (start: () => Promise<Topology>) => async () => {
  const topology = await start()
  running.push(topology)
  return redisStore(topology.url, () => undefined)
}

/** Whoever guards Redis takes the commands from there. */
const asDocumented = async () => {
  const redis = await startStandalone()
  running.push(redis)
  const said = /^ACL SETUSER bff on >PASSWORD (.+)$/m.exec(readFileSync('docs/deploy.md', 'utf8'))![1]!
  const admin = new Redis(redis.port, '127.0.0.1')
  await admin.call('ACL', 'SETUSER', 'bff', 'on', '>secret', ...said.split(' '))
  admin.disconnect()
  return redisStore(`redis://bff:secret@127.0.0.1:${redis.port}`, () => undefined)
}

if (redisInstalled()) {
  sessionStoreContract('Redis for a user with the documented rights', asDocumented)
  sessionStoreContract('Redis with Sentinel', on(startSentinel))
  sessionStoreContract('Redis Cluster', on(startCluster))
}
