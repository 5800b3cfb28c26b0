/** Who signed in again after all sessions of the app had been ended saw those of before in the list of where they are signed in; and a service key with a cap could not end or change that person, for what an ended session had been. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'
import { canaryServiceKey } from '../../support/canaries.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'

const capped = { authorization: `Bearer ${canaryServiceKey}-2` }

test.each([['in this process'], ...(redisInstalled() ? [['Redis']] : [])])(
  'what ended with its app is listed nowhere and holds nobody up, %s',
  async (where) => {
    await using all = new AsyncDisposableStack()
    const redis = where === 'Redis' ? await startRedis() : undefined
    all.defer(() => redis?.stop())
    const bff = all.use(await startBff({ env: redis ? { REDIS_URL: redis.url } : {} }))
    const ada = { userId: 'ada' }
    await bff.signIn({ ...ada, kind: 'cookie', roles: ['user', 'admin'] })
    const end = async () => (await bff.private('POST', '/sessions/end', ada, capped)).status
    expect(await end()).toBe(403)
    expect((await bff.private('POST', '/sessions/end', { everyone: true })).status).toBe(204)
    const headers = await bff.signIn({ ...ada, kind: 'cookie' })
    expect((await bff.call('GET', '/auth/sessions', { headers })).json.sessions).toMatchObject([{ current: true }])
    expect(await end()).toBe(204)
  },
)
