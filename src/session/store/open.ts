/** The session store that the settings name. It counts the sessions that it issues and ends, and
 * says when it is away. */
import type { Settings } from '../../../config/load.ts'
import { redisSource } from '../../../config/redis-source.ts'
import type { Log } from '../../platform/log/logger.ts'
import type { Metrics } from '../../platform/metrics/metrics.ts'
import { redisLog } from '../../platform/redis/connection.ts'
import { availableStore } from './available.ts'
import { memoryStore } from './memory.ts'
import { type PrefetchScript, redisStore } from './redis.ts'
import type { SessionStore } from './session-store.ts'

interface Parts {
  readonly settings: Settings
  readonly log: Log
  readonly metrics: Metrics
}

/** `prefetch`: where the cache lies in the same Redis. */
export const openSessionStore = async ({ settings, log, metrics }: Parts, prefetch?: PrefetchScript): Promise<SessionStore> => {
  const { REDIS_URL: url } = settings
  const store = url
    ? await redisStore(redisSource(settings, url), redisLog(log, 'redis connection'), prefetch, metrics.redis('sessions'))
    : memoryStore()
  return availableStore(countedStore(store, metrics))
}

interface SessionCounts {
  sessionIssued(how: 'new' | 'renewed'): void
  sessionEnded(how: 'single' | 'all'): void
}

/** Tells how many sessions it issues and ends. */
const countedStore = (store: SessionStore, { sessionIssued, sessionEnded }: SessionCounts): SessionStore => ({
  ...store,
  create: async (...asked) => {
    const times = await store.create(...asked)
    sessionIssued('new')
    return times
  },
  createFamily: async (...asked) => {
    const times = await store.createFamily(...asked)
    sessionIssued('new')
    return times
  },
  rotate: async (...asked) => {
    const times = await store.rotate(...asked)
    if (times) sessionIssued('renewed')
    return times
  },
  refresh: async (...asked) => {
    const result = await store.refresh(...asked)
    if (result.outcome === 'new') sessionIssued('renewed')
    if (result.outcome === 'reused') sessionEnded('single')
    return result
  },
  end: async (...asked) => {
    const lived = await store.end(...asked)
    if (lived) sessionEnded('single')
    return lived
  },
  endFamily: async (...asked) => {
    const lived = await store.endFamily(...asked)
    if (lived) sessionEnded('single')
    return lived
  },
  endAll: async (tag) => {
    await store.endAll(tag)
    sessionEnded('all')
  },
})
