/** How long the use of a token was remembered, and how long a new one lives, was told by the clock of one replica: another, whose clock was behind, took the token again, and apps renewed their tokens without end or too late. */
import { randomUUID } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { withClock } from '../../support/skewed-clock.ts'
import { audience, startWithProvider } from '../../support/with-provider.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed
const grant = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
}

when.each([
  ['five minutes ahead', 300],
  ['just behind', -20],
])('a token that a replica has taken, whose clock is %s, is remembered for longer than any takes it', async (_, aheadSeconds) => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const client = new Redis(redis.url)
  all.defer(() => client.disconnect())
  const it = all.use(await withClock(aheadSeconds, () => startWithProvider({ REDIS_URL: redis.url })))
  const iat = Math.floor(Date.now() / 1000)
  const token = await it.provider.sign({ sub: 'mobile-1', aud: audience, iat, exp: iat + 330, jti: randomUUID() })
  const answer = await it.bff.call('POST', '/auth/session', { json: { ...grant, subject_token: token } })
  expect(answer.status).toBe(200)
  const [use] = await client.keys('bff:o:*:once')
  // A replica whose clock is five minutes behind takes it for so long.
  expect(await client.pttl(use!)).toBeGreaterThan((330 + 30 + 300) * 1_000)
  expect(Math.abs(answer.json.expires_in - 900)).toBeLessThan(60)
  const renewed = (await it.bff.call('POST', '/auth/refresh', { json: { refresh_token: answer.json.refresh_token } })).json
  expect(Math.abs(renewed.expires_in - 900)).toBeLessThan(60)
})
