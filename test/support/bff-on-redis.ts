/** For the tests of a file a service on a Redis of its own, which a test stops, lets go on, kills, and starts again empty. People and keys are each test's own. */
import { once } from 'node:events'
import { dirname } from 'node:path'
import { afterAll, afterEach, beforeAll } from '@jest/globals'
import { type Bff, startBff } from './bff.ts'
import { startRedis, startRedisIn, type TestRedis } from './redis.ts'

export interface BffOnRedis {
  readonly bff: Bff
  stop(): void
  goOn(): void
  kill(): Promise<void>
  startAgain(): Promise<void>
}

export const bffOnRedis = (): BffOnRedis => {
  let redis: TestRedis
  let bff: Bff
  beforeAll(async () => {
    redis = await startRedis()
    bff = await startBff({ env: { REDIS_URL: redis.url } })
  })
  afterEach(() => void redis.process.kill('SIGCONT'))
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
    await redis.stop()
  })
  return {
    get bff() {
      return bff
    },
    stop: () => void redis.process.kill('SIGSTOP'),
    goOn: () => void redis.process.kill('SIGCONT'),
    kill: async () => {
      const dead = once(redis.process, 'exit')
      redis.process.kill('SIGKILL')
      await dead
    },
    startAgain: async () => {
      redis = await startRedisIn(dirname(redis.url))
    },
  }
}
