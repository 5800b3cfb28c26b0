/** The time by which a restored snapshot is noticed stood still once the clock of the store had been set back, and nobody heard of that: what ended since lived again. */
import { expect, test } from '@jest/globals'
import { watchRollback } from '../../../src/gateway/watch/session-store-rollback.ts'
import { makePlace } from '../../journal/place.ts'
import { until } from '../../support/until.ts'

const hour = 3_600_000

test('a snapshot from after the clock was set back is noticed, and the set-back is told once', async () => {
  await using place = makePlace()
  await using it = await place.open()
  let ahead = hour
  const kept = new Map<string, number>()
  const told: [string, unknown][] = []
  const ended: string[] = []
  await using _watch = watchRollback({
    store: {
      now: async () => Math.round(Date.now() + ahead),
      get: async (tag, name) => kept.get(`${tag}:${name}`)?.toString(),
      raise: async (tag, name, value) => void kept.set(`${tag}:${name}`, Math.max(value, kept.get(`${tag}:${name}`) ?? 0)),
    },
    journal: it.journal,
    apps: new Map([['app1', undefined]]),
    people: { endApp: async (app) => void ended.push(app) },
    alarm: (name, facts) => void told.push([name, facts]),
  })

  await until(() => kept.size > 0)
  ahead = 0
  await until(() => told.length > 0)
  expect(told).toEqual([['session_store_clock', { backSeconds: expect.any(Number) }]])
  const snapshot = new Map(kept)
  await until(() => [...kept.values()][0]! - [...snapshot.values()][0]! > 11_000)
  for (const [key, value] of snapshot) kept.set(key, value)
  await until(() => ended.length > 0)
  expect([ended, told.map(([name]) => name)]).toEqual([['app1'], ['session_store_clock', 'session_store_rollback']])
})
