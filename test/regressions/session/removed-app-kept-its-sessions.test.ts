/** An app was taken out of the configuration: its users were refused by the operations alone, while its staff went on reading the journal and ending sessions, and nobody could end theirs; a mobile app got new tokens for them. */
import { expect, test } from '@jest/globals'
import type { App } from '../../../config/apps.ts'
import { Secret } from '../../../config/secret.ts'
import { appId, type Bff, type Carried, keyId, startBff } from '../../support/bff.ts'
import { canaryKey } from '../../support/canaries.ts'
import { startProvider } from '../../support/provider.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { audience, providerEnv } from '../../support/with-provider.ts'

const now = () => Math.floor(Date.now() / 1000)
const when = redisInstalled() ? test : test.skip // Redis is not installed
const removed = '5963c0d619a30a2e00de36b8'

when('sessions of an app that is not served any more can sign out, and nothing else', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const env = { REDIS_URL: redis.url }
  const now = all.use(await startBff({ env }))
  const app = (id: string): App => ({
    ...{ appId: id, baseUrl: now.sandbox.url, auth: 'signed', origins: [] },
    keys: [{ id: keyId, secret: new Secret(canaryKey) }],
  })
  const before = all.use(await startBff({ env, beside: now, apps: [app(appId), app(removed)] }))
  const staff = await before.signIn({ kind: 'service', appId: removed, roles: ['auditor', 'admin'], actor: { id: 'ada' } })
  const user = await before.signIn({ appId: removed, userId: 'cust-1' })
  const statuses = async (bff: Bff, headers: Carried, calls: readonly (readonly [string, string, unknown?])[]) => {
    const answers = []
    for (const [method, path, json] of calls) answers.push(await bff.call(method, path, { headers, ...(json !== undefined && { json }) }))
    return answers.map(({ status }) => status)
  }
  const byStaff = [
    ['GET', '/ops/api/operations'],
    ['GET', '/ops/api/export'],
    ['GET', '/ops'],
    ['GET', '/ops/rows'],
    ['GET', '/v1.1/appusers/cust-1'],
    ['POST', '/auth/sessions/end', { userId: 'nobody' }],
  ] as const
  const byUser = [
    ['GET', '/v1.1/appusers/me'],
    ['GET', '/auth/sessions'],
  ] as const
  expect((await statuses(before, staff, byStaff)).filter((status) => status === 403)).toEqual([])
  expect(await statuses(now, staff, byStaff)).toEqual(byStaff.map(() => 403))
  expect(await statuses(now, user, byUser)).toEqual(byUser.map(() => 403))
  expect(await statuses(now, user, [['DELETE', '/auth/session']])).toEqual([204])
  expect(await statuses(before, user, byUser)).toEqual([401, 401])
})

when('a mobile app of an app that is not served any more gets no new tokens, and goes on when it is served again', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const provider = await startProvider()
  all.defer(() => provider.stop())
  const env = { REDIS_URL: redis.url, ...providerEnv(provider), OIDC_APP_CLAIM: 'app' }
  const without = all.use(await startBff({ env }))
  const served = [appId, removed].map(
    (id): App => ({
      ...{ appId: id, baseUrl: without.sandbox.url, auth: 'signed', origins: [] },
      keys: [{ id: keyId, secret: new Secret(canaryKey) }],
    }),
  )
  const before = all.use(await startBff({ env, beside: without, apps: served }))
  const subject_token = await provider.sign({ sub: 'mina', app: removed, aud: audience, iat: now(), exp: now() + 300 })
  const json = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token,
  }
  const { refresh_token } = (await before.call('POST', '/auth/session', { json })).json
  const refresh = (bff: Bff) => bff.call('POST', '/auth/refresh', { json: { refresh_token } })
  const refused = await refresh(without)
  expect([refused.status, refused.json.error]).toEqual([
    403,
    { code: 'forbidden', description: 'The app of this session is not served here.' },
  ])
  expect((await refresh(before)).status).toBe(200)
})
