/** Searches, exports and streams stood in one queue before the questions of the guard: a hundred of them, and guarded calls of every app were refused for most of a minute. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { createReaders } from '../../../src/journal/readers.ts'
import type { Store } from '../../../src/journal/store/journal-store.ts'
import { createPostgres } from '../../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { Late, type Rows } from '../../../src/journal/store/queries/source.ts'
import { deletion, makePlace, type Place, success } from '../../journal/place.ts'
import { type Bff, startBff } from '../../support/bff.ts'
import { findPostgres, startPostgres } from '../../support/postgres.ts'
import { until } from '../../support/until.ts'

const long = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000) SELECT count(*) AS n FROM n'

/** Guarded calls while somebody's search goes on, one after the other until it ends. */
const besideSearch = async (place: Place, store: Store): Promise<void> => {
  await using it = await place.open({ store })
  let searching = true
  const search = store.readers.select(long).finally(() => {
    searching = false
  })
  let done = 0
  while (searching && done < 20) {
    const one = (await it.guard.begin(deletion())) as OpenOperation
    await one.end(success)
    done += 1
  }
  expect([done, it.guard.status().open]).toEqual([20, true])
  await search.catch((error: unknown) => {
    if (!(error instanceof Late)) throw error
  })
}

test('guarded calls do not wait for a long search in SQLite', async () => {
  await using place = makePlace()
  await besideSearch(place, await place.store())
})

const postgres = findPostgres()
const withPostgres = postgres ? test : test.skip

withPostgres('guarded calls do not wait for a long search in PostgreSQL', async () => {
  await using place = makePlace()
  await using server = await startPostgres(postgres!)
  await createPostgres(server.url(), place.key)
  await besideSearch(place, await openPostgres({ url: server.url(), keys: [place.key], instance: 'i_1' }))
})

describe.each(['is late', 'is cut off as late'])('a question of the guard that %s', (how) => {
  test('refuses that one call and leaves the gate open', async () => {
    await using place = makePlace()
    const store = await place.store()
    const late: Promise<Rows>[] = []
    const select: Store['select'] = (sql, params) => late.pop() ?? store.select(sql, params)
    await using it = await place.open({ store: { ...store, select } }, { beginMs: 500 })
    late.push(how === 'is late' ? new Promise<Rows>(() => {}) : Promise.reject(new Late('cut')))
    await expect(it.guard.begin(deletion())).rejects.toMatchObject({
      code: 'journal_unavailable',
      particulars: { outcome: 'not_sent', headers: { 'Retry-After': '1' } },
    })
    expect(it.guard.status().open).toBe(true)
    await ((await it.guard.begin(deletion())) as OpenOperation).end(success)
  })
})

test('a search that no turn comes for is refused with when to come again', async () => {
  const never = { kind: 'sqlite', select: () => new Promise<Rows>(() => {}) } as const
  const readers = createReaders({ readers: never })
  const session = (id: string) => ({ app: 'a', kind: 'bearer', actor: { id } }) as const
  const hang = () => new Promise<void>(() => {})
  for (let at = 0; at < 8; at += 1) readers.during('search', session('ada'), hang).catch(() => {})
  await expect(readers.during('search', session('ada'), hang)).rejects.toMatchObject({
    code: 'too_many_requests',
    message: expect.stringContaining('8 searches'),
    particulars: { headers: { 'Retry-After': '2' } },
  })
  await expect(readers.during('search', session('grace'), hang)).rejects.toMatchObject({
    code: 'journal_busy',
    particulars: { headers: { 'Retry-After': '2' } },
  })
})

describe('over HTTP', () => {
  let bff: Bff
  beforeAll(async () => {
    bff = await startBff({ env: { LIMIT_READS: '40' } })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })
  const auditor = (id: string) => bff.signIn({ roles: ['auditor'], actor: { id } })

  test('one person has ten streams at once, another has their own, and one that ends makes room', async () => {
    const headers = await auditor('ada')
    const open = async () => {
      const stop = new AbortController()
      const answer = await fetch(`${bff.app.publicUrl}/bff/ops/api/stream?from=0`, { headers, signal: stop.signal })
      return { answer, stop }
    }
    const streams = await Promise.all(Array.from({ length: 10 }, open))
    expect(streams.map(({ answer }) => answer.status)).toEqual(Array(10).fill(200))
    const { answer } = await open()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '2'])
    expect(await answer.text()).toContain('10 streams of the journal')
    expect((await bff.call('GET', '/ops/api/operations', { headers })).status).toBe(200)
    expect((await bff.call('GET', '/ops/api/export', { headers: await auditor('grace') })).status).toBe(200)
    streams[0]!.stop.abort()
    const again = await until(open, ({ answer: { status } }) => status !== 429, 500)
    expect(again.answer.status).toBe(200)
    for (const { stop } of [...streams, again]) stop.abort()
  })

  test("the rows that the console's page asks for by itself count as reads", async () => {
    const headers = await auditor('lena')
    const rows = () => bff.call('GET', '/ops/rows', { headers })
    const first = await rows()
    expect([first.status, first.headers.get('ratelimit')]).toEqual([200, expect.stringContaining('"reads";r=39')])
    const answers = await Promise.all(Array.from({ length: 40 }, rows))
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
    expect((await bff.call('GET', '/ops/api/operations', { headers })).status).toBe(429)
  })
})
