/** The session store of the settings; it counts sessions issued and ended. */
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

/** Tells how many sessions it issues and ends. */
const countedStore = (store: SessionStore, { sessionIssued, sessionEnded }: Metrics): SessionStore => {
  const counted =
    <Asked extends unknown[], Result>(method: (...asked: Asked) => Promise<Result>, count: (result: Result) => void) =>
    async (...asked: Asked): Promise<Result> => {
      const result = await method(...asked)
      count(result)
      return result
    }
  const issued = () => sessionIssued('new')
  const ended = (lived: boolean) => lived && sessionEnded('single')
  return {
    ...store,
    create: counted(store.create, issued),
    createFamily: counted(store.createFamily, issued),
    rotate: counted(store.rotate, (times) => times && sessionIssued('renewed')),
    refresh: counted(store.refresh, ({ outcome }) => {
      if (outcome === 'new') sessionIssued('renewed')
      ended(outcome === 'reused')
    }),
    end: counted(store.end, ended),
    endFamily: counted(store.endFamily, ended),
    endAll: counted(store.endAll, () => sessionEnded('all')),
  }
}
