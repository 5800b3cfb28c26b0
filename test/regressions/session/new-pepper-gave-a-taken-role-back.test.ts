/** Roles as last set were looked for under the newest pepper alone: once another was in front, a token from before the change gave the role that had been taken. */
import { randomUUID } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { pepper, startBff } from '../../support/bff.ts'
import { canaryPepper } from '../../support/canaries.ts'
import { startProvider } from '../../support/provider.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { audience, providerEnv } from '../../support/with-provider.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed
const grant = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
}

when('a role that was taken stays taken for a token of before, also once another pepper is in front', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const provider = await startProvider()
  all.defer(() => provider.stop())
  const env = { REDIS_URL: redis.url, ...providerEnv(provider) }
  const before = all.use(await startBff({ env }))
  const after = all.use(await startBff({ beside: before, env: { ...env, SESSION_PEPPERS: `p2:${canaryPepper}-new,p1:${pepper}` } }))
  const now = Math.floor(Date.now() / 1000)
  const tokenOf = (iat: number) =>
    provider.sign({ sub: 'ada', aud: audience, iat, exp: iat + 300, auth_time: iat, jti: randomUUID(), roles: ['support-lead'] })
  const rolesBy = async (iat: number) => {
    const answer = await after.call('POST', '/auth/session', { json: { ...grant, subject_token: await tokenOf(iat) } })
    const headers = { authorization: `Bearer ${answer.json.access_token}` }
    return (await after.call('GET', '/auth/session', { headers })).json.roles
  }
  expect((await before.private('POST', '/sessions/roles', { userId: 'ada', roles: ['user'] })).status).toBe(204)
  expect(await rolesBy(now - 60)).toEqual(['user'])
})
