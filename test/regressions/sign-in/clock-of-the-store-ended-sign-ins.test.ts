/** A sign-in began by the clock of the session store and expired by that of the process: with the two ten minutes apart nobody came in. */
import { expect, test } from '@jest/globals'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { withClock } from '../../support/skewed-clock.ts'
import { startWithProvider } from '../../support/with-provider.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed

when('a session store whose clock is twenty minutes behind ours lets people in and step up', async () => {
  const aheadSeconds = 1_200
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const it = all.use(await withClock(aheadSeconds, () => startWithProvider({ REDIS_URL: redis.url }, { aheadSeconds })))
  const walker = await it.signIn('ada')
  const here = () => it.who(walker.headers(it.origin))
  expect(await here()).toMatchObject({ signedIn: true, roles: ['user', 'admin'] })
  expect((await walker.signIn(`${it.origin}/bff/auth/login?stepUp=1&returnTo=/up`, 'ada')).to).toBe('/up')
  // By the clock of the store, by which its age is told.
  expect(Math.abs(Number((await here())['authTime']) - Date.now() / 1000)).toBeLessThan(60)
})
