/** What a session was given to live stood in a form that a replica of the version before could not read, nor was its own read: during a rollout each answered 500 to sessions of the other. */
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { Secret } from '../../../config/secret.ts'
import { keyRing } from '../../../src/crypto/key-ring.ts'
import { createPeople } from '../../../src/session/people.ts'
import { createProviderSessions } from '../../../src/session/provider-sessions.ts'
import { redisStore } from '../../../src/session/store/redis.ts'
import { newSession, place, touch, unique } from '../../contracts/session-store-samples.ts'
import { canaryPepper } from '../../support/canaries.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed

const opened = async () => {
  const redis = await startRedis()
  const store = await redisStore(redis.url, () => undefined)
  const client = new Redis(redis.url)
  return {
    store,
    client,
    [Symbol.asyncDispose]: async () => {
      client.disconnect()
      store.close()
      await redis.stop()
    },
  }
}

when('sessions and families of the version before are read, and ours are numbers to it', async () => {
  await using it = await opened()
  const at = place()
  await it.store.create(at, newSession({ idleMs: 60_000, absoluteMs: 120_000 }))
  const access = { key: unique(), sealed: 'YQ==', lifeMs: 10_000 }
  const family = { sid: 's_1', sealed: 'ZmFt', index: 'aQ==', idleMs: 60_000, absoluteMs: 120_000, token: 't1', access }
  await it.store.createFamily(at, family)
  const keys = [...(await it.client.keys('bff:s:*')), ...(await it.client.keys('bff:f:*'))]
  expect(keys).toHaveLength(3)
  for (const key of keys) {
    const limits = await it.client.hget(key, 'i')
    // By which it sets the end of the key, in whole milliseconds.
    expect([10_000, 60_000]).toContain(Math.round(Number(limits)))
    await it.client.hset(key, 'i', String(Math.floor(Number(limits))))
  }
  expect((await it.store.enter(at, touch))?.sealed).toBe('c2VhbGVk')
  expect((await it.store.refresh(at, { sid: 's_1', token: 't1', next: 't2', access, graceMs: 1 })).outcome).toBe('new')
})

when('a logout that a replica of the version before heard ends the sign-ins of before it', async () => {
  await using it = await opened()
  const peppers = keyRing(new Secret(`p1:${canaryPepper}`))
  const sessions = createProviderSessions({ store: it.store, peppers, people: createPeople({ store: it.store, peppers }) })
  const named = { issuer: 'https://id.example', sub: 'mina' }
  await sessions.end({ ...named, saidAt: 1_700_000_000 })
  for (const key of await it.client.keys('bff:m:*')) await it.client.hdel(key, 'heard')
  const began = { logouts: 5, startedMs: (await it.store.now()) + 1 }
  const session = { ...named, id: 'p' }
  expect(await sessions.ended(session, { ...began, startedMs: 1_600_000_000_000 })).toBe(true)
  expect(await sessions.ended(session, began)).toBe(false)
})
