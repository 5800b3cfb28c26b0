/** On a Cluster a session that the app's mark had ended took the lease of its person's cell and kept it, so that whoever read that user next waited three seconds for nobody. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prefetchScript, redisCache } from '../../../src/cache/store/redis.ts'
import { redisStore } from '../../../src/session/store/redis.ts'
import { redisInstalled } from '../../support/redis.ts'
import { startCluster, type Topology } from '../../support/redis-topologies.ts'

const unique = () => randomBytes(12).toString('base64url')
const installed = redisInstalled()
let cluster: Topology | undefined
beforeAll(async () => {
  if (installed) cluster = await startCluster()
})
afterAll(() => cluster?.stop())

const when = installed ? test : test.skip

when('an ended session leads nobody', async () => {
  const { url } = cluster!
  const [sessions, cache] = [await redisStore(url, () => undefined, prefetchScript), await redisCache(url, () => undefined)]
  const [tag, app, sid] = [unique(), unique(), unique()]
  const place = { key: unique(), tag }
  await sessions.create(place, { sid, sealed: 'c2VhbGVk', index: 'aW5kZXg=', idleMs: 60_000, absoluteMs: 60_000 })
  const lived = await sessions.enter(place, { touch: true, app, prefetch: 'mine' })
  await cache.release(tag, 'mine')
  await sessions.endAll(app)
  const ended = await sessions.enter(place, { touch: true, app, prefetch: 'ended' })
  const { state } = await cache.lookup(tag, 'next')
  sessions.close()
  cache.close()
  expect([lived?.prefetched?.[0], ended, state]).toEqual(['granted', undefined, 'granted'])
})
