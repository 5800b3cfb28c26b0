/** The time of a sign-in was that of one replica's clock, and its age that of another's: with the first an hour ahead, nobody was asked to sign in anew before a deletion for an hour and a quarter. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { setClock, withClock } from '../../support/skewed-clock.ts'
import { startWithProvider } from '../../support/with-provider.ts'

const hour = 3_600
const staff = { roles: ['admin' as const], actor: { id: 'ada' } }

test('a sign-in that lies in the future, since the clock was ahead at it, is not a fresh one', async () => {
  using _clock = setClock(hour)
  await using bff = await startBff()
  const headers = await bff.signIn(staff)
  const remove = () => bff.call('DELETE', '/v1.1/appusers/cust-20481/profile', { headers })
  expect((await remove()).status).toBe(200)
  setClock(0)
  expect((await remove()).json.error.code).toBe('step_up_required')
})

const when = redisInstalled() ? test : test.skip // Redis is not installed

when('a sign-in at a replica whose clock is an hour ahead or behind is fresh for a quarter of an hour, on each', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const env = { REDIS_URL: redis.url }
  const right = all.use(await startBff({ env }))
  for (const aheadSeconds of [hour, -hour]) {
    const wrong = all.use(await withClock(aheadSeconds, () => startBff({ env, beside: right })))
    for (const from of [wrong, right]) {
      const now = Math.floor(Date.now() / 1000)
      const said = async (authTime?: number) => {
        const headers = await from.signIn({ ...staff, ...(authTime !== undefined && { authTime }) })
        const ask = (bff: typeof right) => bff.call('DELETE', '/v1.1/appusers/cust-20481/profile', { headers })
        // The vendor may refuse what the wrong one signs.
        return [await ask(right), await ask(wrong)].map(({ text }) => text.includes('step_up_required'))
      }
      expect(await said()).toEqual([false, false])
      expect(await said(now - 20 * 60)).toEqual([true, true])
    }
  }
})

when('a step-up through the provider counts on both replicas, whichever clock is wrong', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const it = all.use(await withClock(hour, () => startWithProvider({ REDIS_URL: redis.url }, { aheadSeconds: hour })))
  const right = all.use(await startBff({ env: { REDIS_URL: redis.url }, beside: it.bff }))
  const walker = await it.signIn('ada')
  const headers = walker.headers(it.origin)
  const { authTime } = (await right.call('GET', '/auth/session', { headers })).json as { authTime: number }
  expect(Math.abs(authTime - Date.now() / 1000)).toBeLessThan(60)
})
