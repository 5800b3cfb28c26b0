/** A service session that ended with its person, who was deleted, or with everyone, was still listed as if it lived. */
import { expect, test } from '@jest/globals'
import { appId, type Bff, startBff } from '../../support/bff.ts'

test('a program whose person was deleted is not listed any more', async () => {
  await using bff = await startBff()
  bff.sandbox.createUser(appId, { userId: 'robot' })
  await bff.signIn({ kind: 'service', userId: 'robot', actor: { id: 'robot' } })
  const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'a' } })
  const listed = async () => (await bff.private('GET', '/sessions')).json.sessions as unknown[]
  expect(await listed()).toHaveLength(1)
  expect((await bff.call('DELETE', '/v1.1/appusers/robot', { headers: admin })).status).toBe(200)
  expect(await listed()).toEqual([])
})

test('a program that ended with everyone is listed no more', async () => {
  await using bff = await startBff()
  await bff.signIn({ kind: 'service', roles: ['service'], actor: { id: 'sync' } })
  const count = async (): Promise<number> => (await bff.private('GET', '/sessions')).json.sessions.length
  expect(await count()).toBe(1)
  await bff.private('POST', '/sessions/end', { everyone: true })
  expect(await count()).toBe(0)
})

const redisUrl = process.env['TEST_REDIS_URL']
const inRedis = redisUrl ? test : test.skip // needs a Redis that two replicas share

inRedis('nor when a newer pepper came to the front since', async () => {
  const pepper = (letter: string) => `${letter}:${letter.repeat(48)}`
  const env = { REDIS_URL: redisUrl!, SESSION_PEPPERS: pepper('a') }
  await using before = await startBff({ env })
  const { authorization } = await before.signIn({ kind: 'service', roles: ['service'], actor: { id: 'sync' } })
  const ids = async (bff: Bff) =>
    ((await bff.private('GET', '/sessions')).json.sessions as { sessionId: string }[]).map(({ sessionId }) => sessionId)
  const known = await ids(before)
  await before.private('POST', '/sessions/end', { everyone: true })
  await using after = await startBff({ beside: before, env: { ...env, SESSION_PEPPERS: `${pepper('b')},${pepper('a')}` } })
  expect(known).not.toEqual([])
  // First the list: whoever asks with the token removes the record.
  expect(await ids(after)).toEqual([])
  expect((await after.call('GET', '/auth/session', { headers: { authorization: authorization! } })).json.signedIn).toBe(false)
})
