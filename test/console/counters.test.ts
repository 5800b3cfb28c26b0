/** The numbers behind the charts: what the database adds up of the past, what is read of the last day. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { createCounters, kinds } from '../../src/console/counters.ts'
import { type Event, newId } from '../../src/journal/event/event.ts'
import { entryOf, type Store } from '../../src/journal/store/journal-store.ts'
import { keysOf, openStore } from '../../src/journal/store/open.ts'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

const hour = 3_600_000
const tenant = 'app-1'

const begun = (hoursAgo: number, action: string, more: Partial<Event> = {}): Event => ({
  v: 1,
  id: newId('evt'),
  kind: 'intent',
  time: new Date(Date.now() - hoursAgo * hour).toISOString(),
  action,
  operation: { id: newId('op'), instance: 'i_x' },
  tenant,
  actor: { type: 'staff', id: 'ada' },
  ...more,
})
const ended = ({ operation, action }: Event, hoursAgo: number): Event => {
  const { id, time } = begun(hoursAgo, action)
  return { v: 1, id, kind: 'outcome', time, action, operation: operation!, tenant, outcome: 'success' }
}

const past = (): Event[] => {
  const merge = begun(25 * 24, 'merge_users')
  const link = begun(3, 'link_app_user')
  return [
    begun(40 * 24, 'delete_app_user'),
    merge,
    ended(merge, 25 * 24),
    begun(20 * 24, 'delete_app_user', { kind: 'denied' }),
    begun(20 * 24, 'delete_app_user', { kind: 'denied', count: 40 }),
    begun(5 * 24, 'delete_app_user_profile'),
    begun(5 * 24, 'update_app_user'),
    begun(4 * 24, 'update_app_user', { kind: 'outcome', recorded: true, outcome: 'success' }),
    begun(4 * 24, 'delete_app_user', { tenant: 'another-app' }),
    link,
    ended(link, 3),
    begun(2, 'delete_app_user'),
    begun(1, 'merge_users', { kind: 'denied', count: 2 }),
  ]
}

const check = async (store: Store): Promise<void> => {
  await store.commit(past().map((event) => entryOf(event)))
  const bodies: string[] = []
  const watched: Store = {
    ...store,
    select: async (sql, params) => {
      const rows = await store.select(sql, params)
      bodies.push(...rows.flatMap((row) => (typeof row['body'] === 'string' ? [row['body']] : [])))
      return rows
    },
  }
  const tally = createCounters({ store: watched, burst: { calls: 20, minutes: 5 }, since: 0 })
  await until(() => tally.complete())
  const counted = (hoursEach: number, length: number) => {
    const sum = Object.fromEntries(kinds.map((kind) => [kind, 0]))
    for (const step of tally.series(tenant, hoursEach, length)) for (const kind of kinds) sum[kind]! += step[kind]
    return sum
  }
  expect(counted(1, 24)).toEqual({ deleted: 1, merged: 0, linked: 1, written: 0, denied: 2 })
  expect(counted(24, 30)).toEqual({ deleted: 2, merged: 1, linked: 1, written: 2, denied: 43 })
  expect(tally.series('another-app', 24, 30).reduce((sum, { deleted }) => sum + deleted, 0)).toBe(1)
  // Of the past only numbers were handed out.
  expect(bodies.filter((body) => Date.parse(JSON.parse(body).time) < Date.now() - 26 * hour)).toEqual([])
  const now = begun(0, 'delete_app_user')
  await store.commit([entryOf(now)])
  await until(() => counted(1, 24)['deleted'] !== 1)
  expect(counted(1, 24)).toMatchObject({ deleted: 2 })
  await tally.close()
  await store.close()
}

test('counts by hour and by day, in SQLite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tally-'))
  const url = `sqlite:${join(directory, 'journal.db')}`
  await check(await openStore(url, { keys: keysOf(url, {}).keys, instance: newId('i') }))
  rmSync(directory, { recursive: true })
})

const bin = findPostgres()
const whenThere = bin ? test : test.skip
whenThere('counts by hour and by day, in PostgreSQL', async () => {
  await using server = await startPostgres(bin!)
  const { privateKey } = generateKeyPairSync('ed25519')
  await createPostgres(server.url(), privateKey)
  await check(await openStore(server.url(), { keys: [privateKey], instance: newId('i') }))
})

test('a log whose last day is empty is not read at all, and what comes then is', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tally-'))
  const url = `sqlite:${join(directory, 'journal.db')}`
  const store = await openStore(url, { keys: keysOf(url, {}).keys, instance: newId('i') })
  await store.commit([begun(60 * 24, 'delete_app_user'), begun(50 * 24, 'delete_app_user')].map((event) => entryOf(event)))
  const seen: string[] = []
  const tally = createCounters({ store, burst: { calls: 1, minutes: 5 }, since: 0, onBurst: ({ actor }) => seen.push(actor) })
  await until(() => tally.complete())
  await store.commit([begun(0, 'delete_app_user'), begun(0, 'delete_app_user')].map((event) => entryOf(event)))
  await until(() => seen.length > 0)
  expect([seen, tally.bursts(tenant).map(({ count }) => count)]).toEqual([['ada'], [2]])
  await tally.close()
  await store.close()
  rmSync(directory, { recursive: true })
})
