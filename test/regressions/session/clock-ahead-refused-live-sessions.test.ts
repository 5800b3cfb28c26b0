/** The end of a token was told by the clock of the replica that it came to: with that ahead, whoever came there was signed out, for as long as the clock was wrong. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { withClock } from '../../support/skewed-clock.ts'
import { until } from '../../support/until.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed
const day = 86_400

when('sessions live by the clock of the store: a replica a day ahead takes them, one a day behind none that has ended', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const env = { REDIS_URL: redis.url }
  const right = all.use(await startBff({ env }))
  const ahead = all.use(await withClock(day, () => startBff({ env, beside: right })))
  const behind = all.use(await withClock(-day, () => startBff({ env, beside: right })))
  const statuses = async (headers: Record<string, string>) =>
    await Promise.all([right, ahead, behind].map(async (bff) => (await bff.call('GET', '/auth/session', { headers })).json.signedIn))
  for (const kind of ['bearer', 'cookie'] as const)
    for (const from of [right, ahead, behind]) expect(await statuses(await from.signIn({ kind }))).toEqual([true, true, true])
  const short = await behind.signIn({ kind: 'bearer', ttl: 1 })
  await until(async () => !(await statuses(short)).includes(true))
  expect(await statuses(short)).toEqual([false, false, false])
})
