/** An Idempotency-Key whose claim was stored, but not answered in time, stayed claimed: the caller heard 503, that nothing was sent, and its repeat then 409 and, for a day, 504 "nobody knows". So did one of a call whose end could not be written at once: that it was not sent, or its answer. */
import { expect, test } from '@jest/globals'
import { Secret } from '../../../config/secret.ts'
import { Problem } from '../../../src/contract/problems.ts'
import { keyRing } from '../../../src/crypto/key-ring.ts'
import { createIdempotency } from '../../../src/gateway/idempotency.ts'
import type { Reply } from '../../../src/gateway/reply.ts'
import { createUntilDone } from '../../../src/platform/until-done.ts'
import type { Session } from '../../../src/session/record.ts'
import { memoryStore } from '../../../src/session/store/memory.ts'
import { appId, pepper } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

const session = { app: appId, kind: 'bearer', userId: 'u', actor: { id: 'u' } } as unknown as Session
const reply: Reply = { status: 201, body: { appUser: { userId: 'made' } } }

const scene = () => {
  const store = memoryStore()
  const away = new Set<'claim' | 'unclaim' | 'put' | 'connection'>()
  /** What a connection carried that was cut off: it comes later than what was sent on the next one. */
  const carried: Parameters<typeof store.claim>[] = []
  const late = () => new Problem('session_store_unavailable')
  const untilDone = createUntilDone()
  const idempotency = createIdempotency({
    untilDone,
    peppers: keyRing(new Secret(`p2:${pepper}-next,p1:${pepper}`)),
    store: {
      ...store,
      // As with an answer that comes too late: what was asked for is done.
      claim: async (...asked) => {
        if (away.has('connection')) {
          carried.push(asked)
          throw late()
        }
        const before = await store.claim(...asked)
        if (away.has('claim')) throw late()
        return before
      },
      unclaim: async (...asked) => (away.has('unclaim') ? Promise.reject(late()) : store.unclaim(...asked)),
      put: async (...asked) => (away.has('put') ? Promise.reject(late()) : store.put(...asked)),
    },
  })
  let runs = 0
  return {
    away,
    arrive: () => Promise.all(carried.map((asked) => store.claim(...asked))),
    runs: () => runs,
    call: (outcome?: 'not_sent') =>
      idempotency(
        session,
        'key',
        ['pre_create_app_user', {}],
        async () => {
          runs += 1
          if (outcome) throw new Problem('upstream_busy', { outcome })
          return reply
        },
        () => reply,
      ),
    [Symbol.dispose]: () => {
      untilDone[Symbol.dispose]()
      store.close()
    },
  }
}

const codeOf = (call: Promise<unknown>): Promise<string | undefined> =>
  call.then(
    () => undefined,
    (error: unknown) => (error as Problem).code,
  )

test.each([
  ['the store answers again at once', []],
  ['the store is away for a moment more', ['unclaim', 'put']],
] as const)('a claim whose answer is lost, %s: the repeat is carried out, once', async (_, others) => {
  using it = scene()
  for (const each of ['claim', ...others] as const) it.away.add(each)
  expect(await codeOf(it.call())).toBe('session_store_unavailable')
  expect(it.runs()).toBe(0)
  it.away.clear()
  await until(async () => (await codeOf(it.call())) !== 'operation_pending')
  expect(await it.call()).toMatchObject({ replayed: true })
  expect(it.runs()).toBe(1)
})

test('a claim that comes after it was given free: the repeat is carried out, once', async () => {
  using it = scene()
  it.away.add('connection')
  expect(await codeOf(it.call())).toBe('session_store_unavailable')
  it.away.clear()
  await it.arrive()
  expect(await it.call()).toMatchObject({ replayed: false })
  await it.arrive()
  expect(await it.call()).toMatchObject({ replayed: true })
  expect(it.runs()).toBe(1)
})

test('a call that was not sent while the store is away: the repeat is carried out', async () => {
  using it = scene()
  const first = codeOf(it.call('not_sent'))
  for (const each of ['unclaim', 'put'] as const) it.away.add(each)
  expect(await first).toBe('upstream_busy')
  it.away.clear()
  await until(async () => (await codeOf(it.call())) !== 'operation_pending')
  expect(await it.call()).toMatchObject({ replayed: true })
  expect(it.runs()).toBe(2)
})

test('the answer of a call that ends while the store is away is that of its repeat', async () => {
  using it = scene()
  const first = it.call()
  it.away.add('put')
  expect(await first).toEqual({ reply, replayed: false })
  it.away.clear()
  await until(async () => (await codeOf(it.call())) !== 'operation_pending')
  expect(await it.call()).toMatchObject({ replayed: true, reply: { status: 201 } })
  expect(it.runs()).toBe(1)
})
