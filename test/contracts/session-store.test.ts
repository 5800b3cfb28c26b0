import { memoryStore } from '../../src/session/store-memory.ts'
import { redisStore } from '../../src/session/store-redis.ts'
import { sessionStoreContract } from './session-store.ts'

sessionStoreContract('in this process', async () => memoryStore())

const url = process.env['TEST_REDIS_URL']
if (url) sessionStoreContract('Redis', () => redisStore(url, () => undefined))
