/** The store of the cache that the settings name. */
import type { Settings } from '../../../config/load.ts'
import { redisSource } from '../../../config/redis-source.ts'
import type { Log } from '../../platform/log/logger.ts'
import type { Metrics } from '../../platform/metrics/metrics.ts'
import { redisLog } from '../../platform/redis/connection.ts'
import type { CacheStore } from './cache-store.ts'
import { memoryCache } from './memory.ts'
import { prefetchScript, redisCache } from './redis.ts'

interface Parts {
  readonly settings: Settings
  readonly log: Log
  readonly metrics: Metrics
}

const urlOf = ({ CACHE_REDIS_URL, REDIS_URL }: Settings) => CACHE_REDIS_URL ?? REDIS_URL

/** Whether cache and sessions lie in one place, and the steps in the script of a session then. */
export const sharedWithSessions = (settings: Settings): boolean => urlOf(settings)?.reveal() === settings.REDIS_URL?.reveal()
export const prefetchOf = (settings: Settings) => (sharedWithSessions(settings) ? prefetchScript : undefined)

export const openCacheStore = async ({ settings, log, metrics }: Parts): Promise<CacheStore> => {
  const url = urlOf(settings)
  return url
    ? await redisCache(redisSource(settings, url), redisLog(log, 'redis connection of the cache'), metrics.redis('cache'))
    : memoryCache()
}
