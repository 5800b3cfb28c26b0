/** Each open page of the console asked the journal five times a second and once more for each event: a thousand of them made deletions nineteen times slower. They watch one tail now, share what they ask, and hear of events in turns, so that not all ask for their rows at once. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { createTail } from '../../../src/console/api/tail.ts'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import type { Source } from '../../../src/journal/store/queries/source.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'
import { appId, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

test('200 streams of two apps at the end of the log: at most ten hear of it in a tenth of a second, they share what they ask, and each has each event of its app once', async () => {
  await using place = makePlace()
  await using it = await place.open()
  const asked: string[] = []
  const counting: Source = {
    kind: 'sqlite',
    select: (sql, params) => {
      asked.push(sql)
      return it.store.readers.select(sql, params)
    },
  }
  const tail = createTail(counting)
  const first = await tail.size()
  const over = new AbortController()
  const told: number[] = []
  const all: number[][] = []
  const stream = async (app: string): Promise<void> => {
    const seen: number[] = []
    all.push(seen)
    for (let next = first; !over.signal.aborted; ) {
      const size = await tail.grown(next, 500)
      if (size <= next) continue
      told.push(performance.now())
      const rows = await tail.page(app, next, 200)
      seen.push(...rows.map(({ index }) => index))
      next = Math.max(size, (rows.at(-1)?.index ?? 0) + 1)
    }
  }
  const streams = Array.from({ length: 200 }, (_, at) => stream(at % 2 ? 'app1' : 'app2'))
  const began = performance.now()
  for (let at = 0; at < 5; at += 1) {
    await ((await it.guard.begin(deletion({ tenant: 'app1' }))) as OpenOperation).end(success)
    await sleep(250)
  }
  const haveAll = () => all.every((seen, at) => at % 2 === 0 || seen.length === 10)
  await until(haveAll)
  const turns = Math.ceil((performance.now() - began) / 100)
  over.abort()
  await Promise.all(streams)
  const seen = all
  expect(seen[1]).toHaveLength(10)
  expect(seen.filter((_, at) => at % 2).every((indexes) => indexes.join() === seen[1]!.join())).toBe(true)
  expect(seen.filter((_, at) => at % 2 === 0).flat()).toEqual([])
  expect(asked.filter((sql) => sql.includes('FROM head')).length).toBeLessThan(turns / 2 + 10)
  // Whoever hears of it in one turn shares two reads for each app.
  expect(asked.filter((sql) => sql.includes('FROM event')).length).toBeLessThan(4 * turns + 10)
  expect(told.every((at, n) => n < 10 || at - told[n - 10]! > 50)).toBe(true)
})

test('200 pages that ask for their rows at once, and a deletion meanwhile: all are answered, and whoever asks after it sees it', async () => {
  await using bff = await startBff()
  const headers = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  const others = await Promise.all(Array.from({ length: 8 }, (_, at) => bff.signIn({ roles: ['auditor'], actor: { id: `eve${at}` } })))
  const rows = (at: number) => bff.call('GET', '/ops/rows', { headers: others[at % others.length]! })
  const waiting = Array.from({ length: 200 }, (_, at) => rows(at))
  const user = bff.sandbox.createUser(appId, { userId: 'gone-1' })
  const deleted = await bff.call('DELETE', `/v1.1/appusers/${user._id}`, { headers })
  const after = await Promise.all(Array.from({ length: 50 }, (_, at) => rows(at)))
  expect(deleted.status).toBe(200)
  const id = String(deleted.headers.get('audit-operation'))
  expect(new Set([...(await Promise.all(waiting)), ...after].map(({ status }) => status))).toEqual(new Set([200]))
  expect(after.every(({ text }) => text.includes(id))).toBe(true)
})
