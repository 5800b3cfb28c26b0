/** Address and credentials of Redis, read before each connection: a file may have been replaced. */
import type { RedisAccess } from '../src/platform/redis/connection.ts'
import type { Settings } from './load.ts'
import type { Secret } from './secret.ts'

export const redisSource = (settings: Settings, url: Secret) => (): RedisAccess => ({
  url: url.reveal(),
  ca: settings.REDIS_CA?.reveal(),
  cert: settings.REDIS_CLIENT_CERT?.reveal(),
  key: settings.REDIS_CLIENT_KEY?.reveal(),
  sentinelLogin: settings.REDIS_SENTINEL_LOGIN?.reveal(),
})
