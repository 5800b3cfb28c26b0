/** The record of a session was made of the session that a request found, less what the look-up adds, named one by one: `afterBody` was forgotten, and sealed with each refreshed cookie. */
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { Secret } from '../../../config/secret.ts'
import { keyRing } from '../../../src/crypto/key-ring.ts'
import { type SessionRecord, storeKey } from '../../../src/session/record.ts'
import { openRecord } from '../../../src/session/seal.ts'
import { pepper, startBff } from '../../support/bff.ts'

const url = process.env['TEST_REDIS_URL']
const onRedis = url ? test : test.skip

onRedis('a cookie is refreshed with the record that it had', async () => {
  await using bff = await startBff({ env: { REDIS_URL: url! } })
  await using stack = new AsyncDisposableStack()
  const redis = stack.adopt(new Redis(url!), async (it) => void (await it.quit()))
  const recordOf = async (cookie: string): Promise<SessionRecord> => {
    const { jti, tag } = JSON.parse(Buffer.from(cookie.split('=')[1]!.split('.')[1]!, 'base64url').toString())
    const [key] = (await redis.keys('*')).filter((name) => name.includes(storeKey(jti)))
    const sealed = Object.values(await redis.hgetall(key!)).find((text) => openRecord(peppers, jti, tag, text))
    return openRecord(peppers, jti, tag, sealed!)!
  }
  const peppers = keyRing(new Secret(`p1:${pepper}`))
  const headers = await bff.signIn({ kind: 'cookie', userId: 'refreshing' })
  const before = await recordOf(headers['cookie']!)
  const answer = await bff.call('POST', '/auth/refresh', { headers: { ...headers, origin: bff.app.origins[0]! } })
  expect(answer.status).toBe(200)
  expect(await recordOf(answer.headers.get('set-cookie')!.split(';')[0]!)).toEqual(before)
})
