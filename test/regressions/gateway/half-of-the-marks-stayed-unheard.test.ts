/** A deletion marks its person under every pepper, a merge everybody it removes. When one mark could not be set nothing was sent, but the others stayed, without an alarm: those persons were not created anew until they signed in again. A mark that could not be taken back was never tried again. */

import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { Secret } from '../../../config/secret.ts'
import { keyRing } from '../../../src/crypto/key-ring.ts'
import { personKeysOf } from '../../../src/session/record.ts'
import { marks } from '../../../src/session/store/redis-layout.ts'
import { appId, pepper, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const when = redisUrl ? test : test.skip // Redis is not installed

const SESSION_PEPPERS = `p2:${pepper}-of-later,p1:${pepper}`
const keysOf = (userId: string): string[] =>
  personKeysOf(keyRing(new Secret(SESSION_PEPPERS)), { app: appId, userId, actor: { id: userId } }).map(marks)

const service = async () => {
  const all = new AsyncDisposableStack()
  const redis = all.adopt(new Redis(redisUrl!), (it) => it.disconnect())
  const bff = all.use(await startBff({ env: { REDIS_URL: redisUrl!, SESSION_PEPPERS } }))
  const headers = await bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: 'crm' } })
  return {
    bff,
    redis,
    remove: (userId: string) => bff.call('DELETE', `/v1.1/appusers/${userId}`, { headers }),
    alarms: () => bff.lines.filter(({ alarm }) => alarm === 'person_not_unmarked').length,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

when('one of two marks cannot be set: nothing is sent, the other is taken back, and an alarm says so', async () => {
  await using it = await service()
  it.bff.sandbox.createUser(appId, { userId: 'half-marked' })
  const [newest, former] = keysOf('half-marked') as [string, string]
  await it.redis.set(former, 'another type: no field can be set in it')
  const answer = await it.remove('half-marked')
  await it.redis.del(former)
  expect(answer.status).toBeGreaterThanOrEqual(500)
  expect(it.bff.sandbox.user(appId, 'half-marked')).toBeDefined()
  expect(await it.redis.hget(newest, 'gone')).toBeNull()
  expect(it.alarms()).toBe(1)
})

when('a mark that cannot be taken back at once is taken back later', async () => {
  await using it = await service()
  it.bff.sandbox.createUser(appId, { userId: 'marked' })
  const [newest, former] = keysOf('marked') as [string, string]
  const { promise: held, resolve } = Promise.withResolvers<void>()
  it.bff.sandbox.fault({ operation: 'delete_app_user', status: 400, held })
  const answer = it.remove('marked')
  await until(async () => it.bff.sandbox.requests.some(({ operation }) => operation === 'delete_app_user'))
  await it.redis.rename(former, `${former}:kept`)
  await it.redis.set(former, 'another type: no field can be read in it')
  resolve()
  expect((await answer).status).toBe(400)
  expect(it.alarms()).toBe(1)
  await it.redis.rename(`${former}:kept`, former)
  await until(async () => (await it.redis.hget(former, 'gone')) === null)
  expect(await it.redis.hget(newest, 'gone')).toBeNull()
})
