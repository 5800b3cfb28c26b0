/** The owner of the database changes the journal behind its back: found here as well. The full list of tamperings runs on SQLite, with the same verify. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newId } from '../../src/journal/event/event.ts'
import type { OpenOperation } from '../../src/journal/guard/call-guard.ts'
import type { Mark } from '../../src/journal/log/anchor.ts'
import { publicKey } from '../../src/journal/log/checkpoint.ts'
import type { Store } from '../../src/journal/store/journal-store.ts'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../src/journal/store/postgres/store.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { findPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import { deletion, makePlace, type Place } from './place.ts'

const bin = findPostgres()
const describeWithServer = bin ? describe : describe.skip

describeWithServer('tampering in PostgreSQL', () => {
  let server: Postgres
  let place: Place
  let mark: Mark

  beforeAll(async () => {
    server = await startPostgres(bin!)
    place = makePlace()
    await createPostgres(server.url(), place.key)
    const it = await place.open({ store: await openPostgres({ url: server.url(), keys: [place.key], instance: newId('i') }) })
    for (let at = 0; at < 20; at += 1) await ((await it.guard.begin(deletion())) as OpenOperation).end()
    await it.guard.close()
    mark = (await place.anchor.highest(it.store.journal))!
  })
  afterAll(async () => {
    await place[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  let copies = 0
  const after = async (sql: string): Promise<Awaited<ReturnType<typeof verify>>> => {
    copies += 1
    server.sql(`CREATE DATABASE copy_${copies} TEMPLATE postgres`, 'template1')
    const off = ['event', 'checkpoint'].map((table) => `ALTER TABLE ${table} DISABLE TRIGGER USER;`).join('')
    if (sql) server.sql(`SET search_path = journal; ${off} ${sql}; ${off.replaceAll('DISABLE', 'ENABLE')}`, `copy_${copies}`)
    const store: Store = await openPostgres({ url: server.url(`copy_${copies}`), keys: [], instance: newId('i') })
    try {
      return await verify(store, { trusted: [publicKey(place.key)], anchors: [mark], sealer: place.sealer })
    } finally {
      await store.close()
    }
  }

  test('untouched: intact', async () => {
    expect(await after('')).toMatchObject({ ok: true, findings: [] })
  })

  test.each([
    "UPDATE event SET body = replace(body, 'OPS-4711', 'OPS-4712') WHERE seq = 10",
    'DELETE FROM event WHERE seq = 10',
    'DELETE FROM target WHERE seq = 10',
    "UPDATE operation SET state = 'success' WHERE seq = 10",
    'DELETE FROM event WHERE seq >= 30; DELETE FROM checkpoint WHERE size > 30; DELETE FROM operation WHERE seq >= 30; DELETE FROM target WHERE seq >= 30; UPDATE head SET size = 30',
    "UPDATE snapshot SET sealed = '\\x00'",
    "DELETE FROM snapshot WHERE part = 'before'",
    'UPDATE snapshot SET expires = 0',
    "INSERT INTO event (seq, body) SELECT -1, replace(body, 'evt_', 'evt_9') FROM event WHERE seq = 3",
    "INSERT INTO operation VALUES (5000, 'op_never', 'unknown', 'app1')",
    "INSERT INTO node VALUES (8, 5, '\\x00')",
    'UPDATE head SET size = 9000000000000000',
    'DROP TRIGGER event_no_update ON event',
    'DROP TABLE target',
    'UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 11) WHERE size = 12',
    'DELETE FROM event WHERE seq >= 30 AND seq < (SELECT max(seq) FROM event)',
  ])('finds %s', async (sql) => {
    expect((await after(sql)).ok).toBe(false)
  })

  test.each([
    [
      "ALTER TABLE event ALTER actor DROP EXPRESSION; UPDATE event SET actor = 'x' WHERE seq = 10",
      'the column actor contradicts the event',
    ],
    ['ALTER TABLE event ENABLE ROW LEVEL SECURITY', 'row level security is on for the table event'],
  ])('after %s: %s', async (sql, what) => {
    expect((await after(sql)).findings).toContainEqual(expect.objectContaining({ what }))
  })
})
