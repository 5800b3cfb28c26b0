/** An end of all sessions marked the time by the store's clock: after that had been set back, sessions of before lay later than the mark, and lived on; so did the right of a removed person's session to create the person anew. */
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import type { SessionRef } from '../../../src/session/record.ts'
import { memoryStore } from '../../../src/session/store/memory.ts'
import { redisStore } from '../../../src/session/store/redis.ts'
import type { SessionStore } from '../../../src/session/store/session-store.ts'
import { newSession, place, touch, unique } from '../../contracts/session-store-samples.ts'
import { startBff } from '../../support/bff.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { setClock } from '../../support/skewed-clock.ts'

test.each([
  ['browser', 'cookie', { userId: 'cust-20481' }],
  ['app', 'bearer', { userId: 'cust-20481' }],
  ['browser', 'cookie', { everyone: true }],
  ['app', 'bearer', { everyone: true }],
] as const)(
  'whoever is signed out everywhere after the clock was set back is signed out: a session of a %s, %s, by %j',
  async (_, kind, whom) => {
    using _clock = setClock(0)
    await using bff = await startBff()
    const headers = await bff.signIn({ kind, userId: 'cust-20481' })
    const read = async (by = headers) => (await bff.call('GET', '/v1.1/appusers/me', { headers: by })).status
    expect(await read()).toBe(200)
    setClock(-300)
    expect(await read()).toBe(200)
    expect((await bff.private('POST', '/sessions/end', whom)).status).toBe(204)
    expect(await read()).toBe(401)
    expect(await read(await bff.signIn({ kind, userId: 'cust-20481', authTime: Math.floor(Date.now() / 1000) + 2 }))).toBe(200)
  },
)

const backMs = 300_000

interface Skewed extends AsyncDisposable {
  readonly store: SessionStore
  /** Sets the store's clock back by five minutes, after this session began. */
  setBack(at: SessionRef, app: string): Promise<void>
}

const inProcess = async (): Promise<Skewed> => {
  let behind = 0
  const store = memoryStore(() => Date.now() - behind)
  return {
    store,
    setBack: async () => {
      behind = backMs
    },
    [Symbol.asyncDispose]: async () => store.close(),
  }
}

/** Nobody sets the clock of a Redis back here: what the session left there is moved ahead, which is the same. */
const inRedis = async (): Promise<Skewed> => {
  const redis = await startRedis()
  const store = await redisStore(redis.url, () => undefined)
  const client = new Redis(redis.url)
  return {
    store,
    setBack: async ({ key, tag }, app) => {
      const [session, list] = [`bff:s:{${tag}}:${key}`, `bff:n:{${tag}}`]
      for (const field of ['c', 'a']) await client.hincrby(session, field, backMs)
      for (const [sid, entry] of Object.entries(await client.hgetall(list)))
        await client.hset(
          list,
          sid,
          entry.replaceAll(/(\d{13})(?=:)/g, (time) => String(Number(time) + backMs)),
        )
      await client.hincrby(`bff:m:{${app}}`, 'latest', backMs)
    },
    [Symbol.asyncDispose]: async () => {
      client.disconnect()
      store.close()
      await redis.stop()
    },
  }
}

const stores = [['in this process', inProcess], ...(redisInstalled() ? [['Redis', inRedis] as const] : [])] as const

test.each(stores)(
  'an end of a person or an app, and the mark of a removed person, count for sessions begun ahead; later ones live, %s',
  async (_, make) => {
    await using it = await make()
    const { store } = it
    for (const which of ['person', 'app', 'gone'] as const) {
      const [at, app] = [place(), unique()]
      await store.create(at, newSession({ app }))
      await it.setBack(at, app)
      expect(await store.enter(at, { ...touch, app })).toMatchObject({ gone: false })
      if (which === 'gone') await store.markGone(at.tag, 'a')
      else await store.endAll(which === 'app' ? app : at.tag)
      const before = await store.enter(at, { ...touch, app })
      expect([which, before?.gone]).toEqual([which, which === 'gone' ? true : undefined])
      const later = place(at.tag)
      await store.create(later, newSession({ app }))
      expect(await store.enter(later, { ...touch, app })).toMatchObject({ gone: false })
      // What was ended is told by the time it is now: a sign-in after it counts as one.
      expect(Number((await store.readMark(which === 'app' ? app : at.tag, 'notBefore')) ?? 0)).toBeLessThanOrEqual(await store.now())
    }
  },
)
