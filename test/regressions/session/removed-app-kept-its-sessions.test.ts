/** An app was taken out of the configuration: its users were refused by the operations alone, while its staff went on reading the journal and ending sessions, and nobody could end theirs. */
import { expect, test } from '@jest/globals'
import type { App } from '../../../config/apps.ts'
import { Secret } from '../../../config/secret.ts'
import { appId, type Bff, type Carried, keyId, startBff } from '../../support/bff.ts'
import { canaryKey } from '../../support/canaries.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'

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
