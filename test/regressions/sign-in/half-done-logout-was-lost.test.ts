/** A logout token was used up before its work was done: when that broke off half-way, the provider told it again in vain, and somebody stayed signed in. */
import { randomUUID } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { clientId } from '../../support/provider.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { startWithProvider } from '../../support/with-provider.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed

when('a logout whose work broke off is done when it is told again, and then no more', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const it = all.use(await startWithProvider({ REDIS_URL: redis.url }))
  const client = new Redis(redis.url)
  all.defer(() => client.disconnect())
  const walker = await it.signIn('mina')
  const isIn = async () => (await it.who(walker.headers(it.origin)))['signedIn']
  const iat = it.provider.now()
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  const claims = { aud: clientId, iat, exp: iat + 120, jti: randomUUID(), events, sub: 'mina' }
  const logout_token = await it.provider.sign(claims, { typ: 'logout+jwt' })
  const tell = async () => (await it.bff.call('POST', '/auth/backchannel-logout', { body: new URLSearchParams({ logout_token }) })).status

  // The marks can be written, and the lists not be read.
  const lists = await client.keys('bff:n:*')
  for (const key of lists) {
    await client.rename(key, `aside:${key}`)
    await client.set(key, 'no list')
  }
  expect([await tell(), await isIn()]).toEqual([503, true])
  for (const key of lists) await client.rename(`aside:${key}`, key)
  expect([await tell(), await isIn()]).toEqual([200, false])
  expect(await tell()).toBe(400)
})
