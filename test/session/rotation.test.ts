import type { IncomingMessage } from 'node:http'
import { expect, test } from '@jest/globals'
import { Secret } from '../../config/secret.ts'
import { keyRing } from '../../src/crypto/key-ring.ts'
import { createOrigins } from '../../src/http/request/origins.ts'
import { createPeople } from '../../src/session/people.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { createRefresh } from '../../src/session/refresh.ts'
import { createSessions } from '../../src/session/sessions.ts'
import { memoryStore } from '../../src/session/store/memory.ts'
import { redisStore } from '../../src/session/store/redis.ts'
import { appId, pepper, startBff } from '../support/bff.ts'
import { canaryPepper, canarySessionKey } from '../support/canaries.ts'

const url = process.env['TEST_REDIS_URL']
const onRedis = url ? test : test.skip
const newKey = `k2:${canarySessionKey}-new`
const newPepper = `p2:${canaryPepper}-new`

onRedis('new keys and peppers sign nobody out, and what is ended stays ended under both', async () => {
  const env = { REDIS_URL: url! }
  await using before = await startBff({ env })
  const headers = await before.signIn({ kind: 'cookie', userId: 'rotating' })
  const other = await before.signIn({ userId: 'rotating' })
  const both = { SESSION_KEYS: `${newKey},k1:${canarySessionKey}`, SESSION_PEPPERS: `${newPepper},p1:${pepper}` }
  await using during = await startBff({ env: { ...env, ...both } })
  const lives = async (carried: Record<string, string>) => (await during.call('GET', '/auth/session', { headers: carried })).json.signedIn
  expect([await lives(headers), await lives(other)]).toEqual([true, true])
  const fresh = await during.signIn({ userId: 'rotating' })
  expect((await during.call('GET', '/auth/sessions', { headers: fresh })).json.sessions).toHaveLength(3)
  await using after = await startBff({ env: { ...env, SESSION_KEYS: newKey, SESSION_PEPPERS: newPepper } })
  expect((await after.call('GET', '/auth/session', { headers: fresh })).json).toMatchObject({ signedIn: true, appId })
  expect((await after.call('GET', '/auth/session', { headers })).json).toEqual({ signedIn: false })
  expect((await during.call('DELETE', '/auth/sessions', { headers: fresh })).status).toBe(204)
  expect([await lives(headers), await lives(other), await lives(fresh)]).toEqual([false, false, false])
  expect((await after.call('GET', '/auth/session', { headers: fresh })).json).toEqual({ signedIn: false })
})

const stores = [['in this process', async () => memoryStore()], ...(url ? [['Redis', () => redisStore(url, () => undefined)]] : [])] as [
  string,
  () => Promise<ReturnType<typeof memoryStore>>,
][]

test.each(stores)('a refresh token asked for twice across a change of keys gets the same successor, %s', async (_name, make) => {
  const [keyText, pepperText] = [new Secret(`k1:${canarySessionKey}`), new Secret(`p1:${pepper}`)]
  const [keys, peppers] = [keyRing(keyText), keyRing(pepperText)]
  const store = await make()
  const families = createRefresh({
    apps: new Map([['a', {}]]),
    store,
    keys,
    peppers,
    people: createPeople({ store, peppers }),
    reused: () => undefined,
  })
  const record: Omit<SessionRecord, 'sid'> = {
    ...{ app: 'a', userId: 'u', actor: { id: 'u' }, roles: ['user'], kind: 'bearer', scope: 'app', authTime: 1, method: 'test' },
  }
  const uncounted = async () => undefined
  const jtiOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).jti
  try {
    const first = await families.begin(record)
    const one = await families.refresh(first.refreshToken, uncounted)
    keyText.replace(`${newKey},k1:${canarySessionKey}`)
    pepperText.replace(`${newPepper},p1:${pepper}`)
    const two = await families.refresh(first.refreshToken, uncounted)
    expect([jtiOf(two.refreshToken), jtiOf(two.accessToken)]).toEqual([jtiOf(one.refreshToken), jtiOf(one.accessToken)])
    await expect(families.refresh(one.refreshToken, uncounted)).resolves.toBeDefined()
  } finally {
    store.close()
  }
})

test.each(stores)(
  'signing out ends the session also when a new token takes the place of the old one meanwhile, %s',
  async (_name, make) => {
    const [keys, peppers] = [keyRing(new Secret(`k1:${canarySessionKey}`)), keyRing(new Secret(`p1:${pepper}`))]
    const store = await make()
    const people = createPeople({ store, peppers })
    const limits = { reads: 9, writes: 9, guarded: 9, images: 9, codes: 9, links: 9, service: 9 }
    const sessions = createSessions({
      apps: new Map([['a', undefined]]),
      store,
      keys,
      peppers,
      people,
      origins: createOrigins(['http://localhost:1']),
      limits,
    })
    const by = (token: string) =>
      ({ method: 'GET', headers: { authorization: `Bearer ${token}`, host: 'localhost:1' } }) as unknown as IncomingMessage
    try {
      const record: Omit<SessionRecord, 'sid'> = {
        ...{
          app: 'a',
          userId: 'racer',
          actor: { id: 'racer' },
          roles: ['user'],
          kind: 'bearer',
          scope: 'app',
          authTime: 1,
          method: 'test',
        },
      }
      const first = await sessions.create(record, { idleMs: 60_000, absoluteMs: 60_000 })
      const session = (await sessions.current(by(first.token)))!
      const second = (await sessions.rotate(session, record, { idleMs: 60_000, absoluteMs: 60_000 }))!
      expect((await sessions.current(by(second.token)))?.sid).toBe(session.sid)
      expect(await sessions.end(session)).toBe(true)
      expect(await sessions.current(by(second.token))).toBeUndefined()
      expect(await sessions.rotate(session, record, { idleMs: 60_000, absoluteMs: 60_000 })).toBeUndefined()
      expect(await sessions.end(session)).toBe(false)
    } finally {
      store.close()
    }
  },
)
