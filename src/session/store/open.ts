/** The session store of the settings; it counts sessions issued and ended, and tells when away. */
import type { Settings } from '../../../config/load.ts'
import { redisSource } from '../../../config/redis-source.ts'
import { Problem } from '../../contract/problems.ts'
import { type KeyRing, keyedName } from '../../crypto/key-ring.ts'
import type { AddressCounts } from '../../http/rate-limit.ts'
import type { Log } from '../../platform/log/logger.ts'
import type { Metrics } from '../../platform/metrics/metrics.ts'
import { redisLog } from '../../platform/redis/connection.ts'
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

type Method = (...args: unknown[]) => Promise<unknown>

/** A failing store becomes `session_store_unavailable`, never 401: an outage signs nobody out. */
const availableStore = ({ close, ...methods }: SessionStore): SessionStore => {
  const available =
    (method: Method): Method =>
    async (...asked) => {
      try {
        return await method(...asked)
      } catch (cause) {
        throw new Problem('session_store_unavailable', { cause, headers: { 'Retry-After': '1' } })
      }
    }
  const all = Object.entries(methods).map(([name, method]) => [name, available(method as Method)])
  return { ...(Object.fromEntries(all) as typeof methods), close }
}

/** Counts of an address without a session, under a keyed name: no address is stored. */
export const createAddressCounts = ({ store, peppers }: { readonly store: SessionStore; readonly peppers: KeyRing }): AddressCounts => {
  const tag = (address: string) => keyedName(peppers()[0], 'address', address)
  const windowMs = 60_000
  return {
    use: (name, address) => store.use(tag(address), { name, windowMs }),
    used: (name, address) => store.used(tag(address), { name, windowMs }),
  }
}
