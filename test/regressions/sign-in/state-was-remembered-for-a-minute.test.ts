/** The state of a sign-in may be used once; that it was used was remembered for a minute, where a sign-in may take ten. */
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { startWithProvider } from '../../support/with-provider.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed

when('a state that was used is remembered as long as a sign-in may take', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const it = all.use(await startWithProvider({ REDIS_URL: redis.url }))
  await it.signIn('somebody')
  const client = new Redis(redis.url)
  all.defer(() => client.disconnect())
  const used = await client.keys('bff:o:*:once')
  expect(used).toHaveLength(1)
  expect(await client.pttl(used[0]!)).toBeGreaterThan(9 * 60_000)
})
