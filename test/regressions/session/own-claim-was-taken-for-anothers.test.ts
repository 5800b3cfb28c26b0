/** A connection to Redis broke between a command and its answer. The library sends such a command again, and what had been done the first time was told the second time as done by somebody else: a token of a sign-in as used before, an Idempotency-Key as of a call under way, a lease as held by another reader, for whom it then waited, and a session whose token was being replaced as ended. */
import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { prefetchScript, redisCache } from '../../../src/cache/store/redis.ts'
import { redisStore } from '../../../src/session/store/redis.ts'
import { createReplayGuard } from '../../../src/sign-in/replay.ts'
import { peppers } from '../../cache/replicas.ts'
import { newSession, place, unique } from '../../contracts/session-store-samples.ts'
import { startProxy } from '../../support/proxy.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed

when('a command that is sent again after a broken connection has the result of the first time', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const proxy = all.use(await startProxy(redis.url))
  const url = `redis://127.0.0.1:${proxy.port}`
  const sessions = await redisStore(url, () => undefined, prefetchScript)
  all.defer(() => sessions.close())
  const cache = await redisCache(url, () => undefined)
  all.defer(() => cache.close())
  const guard = createReplayGuard({ store: sessions, peppers })

  /** Again with other keys when the second time was not answered within the time of a call, as on a busy machine. */
  const sentTwice = async <T>(run: (cutAt: (text: string) => void) => Promise<T>): Promise<T> => {
    for (let left = 50; ; left -= 1) {
      const before = proxy.count()
      try {
        const result = await run(proxy.cutBeforeAnswerTo)
        expect(proxy.count()).toBe(before + 1)
        return result
      } catch (error) {
        if (left === 0) throw error
        while (
          await sessions.ping().then(
            () => false,
            () => true,
          )
        ) {}
      }
    }
  }

  const claimed = await sentTwice(async (cutAt) => {
    const tag = unique()
    cutAt(tag)
    return [await sessions.claim(tag, 'k', 'mine', 60_000), await sessions.claim(tag, 'k', 'of another', 60_000)]
  })
  expect(claimed).toEqual([undefined, 'mine'])

  const used = await sentTwice(async (cutAt) => {
    const id = unique()
    cutAt(':once')
    return [await guard.once('token', id, 60_000), await guard.once('token', id, 60_000)].map((release) => release !== undefined)
  })
  expect(used).toEqual([true, false])

  const leased = await sentTwice(async (cutAt) => {
    const [key, token] = [unique(), randomBytes(9).toString('base64url')]
    cutAt(token)
    return [(await cache.lookup(key, token)).state, (await cache.lookup(key, 'another')).state]
  })
  expect(leased).toEqual(['granted', 'held'])

  const replaced = await sentTwice(async (cutAt) => {
    const [old, next] = [place(), unique()]
    const session = newSession()
    const { createdMs } = await sessions.create(old, session)
    cutAt(next)
    const times = await sessions.rotate(old, next, session)
    const lives = await sessions.enter({ key: next, tag: old.tag }, { touch: true })
    return [times?.createdMs === createdMs, lives?.createdMs === createdMs, await sessions.enter(old, { touch: true })]
  })
  expect(replaced).toEqual([true, true, undefined])
})
