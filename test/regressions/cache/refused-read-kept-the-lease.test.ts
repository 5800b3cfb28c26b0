/** The lookup in the cache comes along with the session: a read that is refused after it, for its limit, leaves the lease to whoever asks next. */
import { expect, test } from '@jest/globals'
import { connectRedis } from '../../../src/platform/redis/client.ts'
import { startBff } from '../../support/bff.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { until } from '../../support/until.ts'

const when = redisInstalled() ? test : test.skip

const granted = {
  numberOfKeys: 1,
  lua: `local n = 0
for _, key in ipairs(redis.call('KEYS', 'bff:u:*')) do n = n + redis.call('HEXISTS', key, 'l') end
return {n, #redis.call('KEYS', 'bff:u:*')}`,
}

when('a read over its limit holds no lease', async () => {
  const redis = await startRedis()
  const client = await connectRedis(redis.url, { granted }, () => undefined)
  try {
    await using bff = await startBff({ env: { REDIS_URL: redis.url, LIMIT_READS: '2' } })
    const headers = await bff.signIn()
    for (const status of [200, 200, 429])
      expect((await bff.call('GET', `/v1.1/appusers/me${status === 429 ? '' : '/channels'}`, { headers })).status).toBe(status)
    const look = async () => (await client.run('granted', ['any'], [])) as [leases: number, entries: number]
    expect(await until(look, ([leases]) => leases === 0)).toEqual([0, 1])
  } finally {
    client.close()
    await redis.stop()
  }
})
