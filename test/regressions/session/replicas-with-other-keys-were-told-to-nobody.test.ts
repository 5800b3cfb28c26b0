/** Replicas with session keys or peppers of their own signed people out by turns, and an end of all sessions at one was not heard of by the other; other field rules, apps or limits answered by turns too. Nobody was told. */
import { afterAll, expect, test } from '@jest/globals'
import { loadApps } from '../../../config/apps.ts'
import { load } from '../../../config/load.ts'
import { keyRing } from '../../../src/crypto/key-ring.ts'
import { watchAgreement } from '../../../src/gateway/watch/replica-agreement.ts'
import { memoryStore } from '../../../src/session/store/memory.ts'
import { redisStore } from '../../../src/session/store/redis.ts'
import { appId, startBff } from '../../support/bff.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { until } from '../../support/until.ts'

const env = {
  NODE_ENV: 'test',
  SMOOCH_BASE_URL: 'http://localhost:1',
  SMOOCH_APP_ID: appId,
  SMOOCH_KEY_ID: 'app_1',
  SMOOCH_KEY_SECRET: 'canary-key-secret-0001',
  SESSION_KEYS: `k1:${'a'.repeat(32)}`,
  SESSION_PEPPERS: `p1:${'b'.repeat(32)}`,
  SERVICE_KEYS: `backend:${'c'.repeat(32)}`,
}
const later = `k2:${'d'.repeat(32)}`

const store = memoryStore()
afterAll(() => store.close())
let journals = 0

/** Long enough that an entry, which lives for five looks, does not lapse while others have the processor. */
const times = { everyMs: 50, keysMs: 150, rulesMs: 250 }
/** Looks of one replica, by which all has been told that there is to tell. */
const enough = 12

/** What two replicas at work have told, once both have told something, or have looked that often. */
const told = async (looks: number, ...both: [Record<string, string>, Record<string, string>]) => {
  journals += 1
  const heard: unknown[][] = [[], []]
  const looked = [0, 0]
  await using all = new AsyncDisposableStack()
  both.forEach((more, at) => {
    const { settings } = load({ ...env, ...more })
    all.use(
      watchAgreement({
        ...{ keys: keyRing(settings.SESSION_KEYS), peppers: keyRing(settings.SESSION_PEPPERS) },
        ...{ settings, apps: loadApps(settings), providers: [], times },
        store: {
          ...store,
          list: (tag) => {
            looked[at]! += 1
            return store.list(tag)
          },
        },
        journal: { instance: `i_${at}`, store: { journal: `j_${journals}` } },
        alarm: (code, fields) => void heard[at]!.push([code, fields?.['settings']]),
      }),
    )
  })
  await until(() => heard.every((it, at) => it.length > 0 || looked[at]! >= looks))
  return heard
}
const of = (...names: string[]) => [[['replicas_differ', names]], [['replicas_differ', names]]]

test.each([
  ['a key that the other does not know', { SESSION_KEYS: later }, ['SESSION_KEYS']],
  ['a key that is put first before the other knows it', { SESSION_KEYS: `${later},${env.SESSION_KEYS}` }, ['SESSION_KEYS']],
  ['the same name of another key', { SESSION_PEPPERS: `p1:${'x'.repeat(32)}` }, ['SESSION_PEPPERS']],
  ['other fields that people may write', { SELF_PROPERTIES: 'plan' }, ['SELF_PROPERTIES']],
  ['other service keys', { SERVICE_KEYS: `backend:${'y'.repeat(32)}` }, ['SERVICE_KEYS']],
  ['other apps', { SMOOCH_APP_ID: '5963c0d619a30a2e00de36b8' }, ['SMOOCH_APP_ID', 'apps']],
])('both replicas tell, once, of %s', async (_, more, names) => {
  expect(await told(Number.POSITIVE_INFINITY, {}, more)).toEqual(of(...names))
})

test('a change of keys as it should be done, another port or log level, and another service on the same Redis are nothing to tell', async () => {
  expect(await told(enough, {}, { SESSION_KEYS: `${env.SESSION_KEYS},${later}` })).toEqual([[], []])
  expect(await told(enough, { SESSION_KEYS: `${env.SESSION_KEYS},${later}` }, { SESSION_KEYS: `${later},${env.SESSION_KEYS}` })).toEqual([
    [],
    [],
  ])
  expect(await told(enough, { PORT: '4000', LOG_LEVEL: 'warn' }, { DRAIN_DELAY_SECONDS: '9' })).toEqual([[], []])
})

const when = redisInstalled() ? test : test.skip // Redis is not installed

when('a service lists itself in Redis by digests alone, and is gone from there when it stops', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const looking = await redisStore(redis.url, () => undefined)
  all.defer(() => looking.close())
  const bff = await startBff({ env: { REDIS_URL: redis.url } })
  const [{ origin }] = bff.lines.flatMap(({ checkpoint }) => (checkpoint ? [{ origin: String(checkpoint).split('\n')[0]! }] : [])) as [
    { origin: string },
  ]
  const tag = `replicas-${origin.split('/').at(-1)}`
  const listed = await until(
    () => looking.list(tag),
    ({ length }) => length > 0,
  )
  expect(listed).toHaveLength(1)
  const said = Buffer.from(listed[0]!.index, 'base64').toString()
  expect([said.includes('canary'), said.includes('SESSION_PEPPERS'), said.length < 5_000]).toEqual([false, true, true])
  await bff[Symbol.asyncDispose]()
  expect(await looking.list(tag)).toEqual([])
})
