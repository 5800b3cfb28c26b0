/** Two replicas on one Redis with one vendor behind them, and somebody of the staff. */
import { type Bff, type Carried, startBff } from './bff.ts'
import { startRedis, type TestRedis } from './redis.ts'

export interface Pair extends AsyncDisposable {
  readonly redis: TestRedis
  readonly one: Bff
  readonly two: Bff
  readonly staff: Carried
}

export const startPair = async (): Promise<Pair> => {
  const redis = await startRedis()
  const env = { REDIS_URL: redis.url }
  const one = await startBff({ env })
  const two = await startBff({ env, beside: one })
  const staff = await one.signIn({ roles: ['admin'], actor: { id: 'staff' } })
  return {
    ...{ redis, one, two, staff },
    [Symbol.asyncDispose]: async () => {
      await two[Symbol.asyncDispose]()
      await one[Symbol.asyncDispose]()
      await redis.stop()
    },
  }
}
