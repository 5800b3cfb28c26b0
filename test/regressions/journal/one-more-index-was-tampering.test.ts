/** What an operator adds beside the journal's tables is no tampering; what changes the tables, or frees them of their triggers, still is. */
import { copyFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { anchorInMemory } from '../../../src/journal/log/anchor.ts'
import type { Store } from '../../../src/journal/store/journal-store.ts'
import { createPostgres } from '../../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { verify } from '../../../src/journal/verify/verify.ts'
import { deletion, makePlace, type Place, success } from '../../journal/place.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'

const fill = async (place: Place, store: Store): Promise<void> => {
  await using it = await place.open({ store, anchor: anchorInMemory() })
  for (let at = 0; at < 5; at += 1) await ((await it.guard.begin(deletion())) as OpenOperation).end(success)
}

const look = async (place: Place, store: Store): Promise<{ ok: boolean; found: string[]; notes: readonly string[] }> => {
  const { ok, findings, warnings } = await verify(store, { sealer: place.sealer })
  await store.close()
  return { ok, found: findings.map(({ what }) => what), notes: warnings }
}

const harmless = [
  ['an index', 'CREATE INDEX mine ON event (op, action)', 'index mine is not ours'],
  [
    'a table of a tool that copies the file',
    'CREATE TABLE _copier_seq (id INTEGER PRIMARY KEY, seq INTEGER)',
    'table _copier_seq is not ours',
  ],
  ['a view', 'CREATE VIEW deletions AS SELECT * FROM event', 'view deletions is not ours'],
  [
    'a trigger on a table of its own',
    'CREATE TABLE t (a); CREATE TRIGGER tt AFTER INSERT ON t BEGIN SELECT 1; END',
    'trigger tt is not ours',
  ],
  ['statistics', 'ANALYZE', 'sqlite_stat1 is not ours'],
  ['a dropped index', 'DROP INDEX event_time', 'index event_time is missing'],
] as const
const harmful = [
  ['a dropped trigger', 'DROP TRIGGER event_no_update', 'the schema lacks: CREATE TRIGGER event_no_update'],
  ['a trigger more', 'CREATE TRIGGER z AFTER INSERT ON event BEGIN SELECT 1; END', 'not part of the schema: CREATE TRIGGER z'],
  ['a column more', 'ALTER TABLE event ADD COLUMN remark TEXT', 'not part of the schema: CREATE TABLE event'],
  ['an id that need not be unique', 'DROP INDEX event_id', 'the schema lacks: CREATE UNIQUE INDEX event_id'],
  ['a table less', 'ALTER TABLE node RENAME TO gone; CREATE TABLE node (level, position, hash)', 'the schema lacks: CREATE TABLE node'],
] as const

let place: Place
beforeAll(async () => {
  place = makePlace()
  await fill(place, await place.store())
})
afterAll(async () => {
  await place[Symbol.asyncDispose]()
})

let copies = 0
const changed = async (sql: string): ReturnType<typeof look> => {
  copies += 1
  const path = `${place.path}-${copies}`
  copyFileSync(place.path, path)
  {
    using db = new DatabaseSync(path)
    db.exec(sql)
  }
  return await look(place, await place.store({ path, readOnly: true, threads: false }))
}

test.each(harmless)('SQLite, %s: intact, and a note says what is there', async (_, sql, note) => {
  expect(await changed(sql)).toMatchObject({ ok: true, found: [], notes: expect.arrayContaining([expect.stringContaining(note)]) })
})

test.each(harmful)('SQLite, %s: not intact', async (_, sql, fault) => {
  expect((await changed(sql)).found).toContainEqual(expect.stringContaining(fault))
})

const { when, postgres } = postgresOfFile()

const inPostgres = [
  ['an index', 'CREATE INDEX mine ON event (op, action)', 'the index mine is not ours'],
  ['a table and a view', 'CREATE TABLE mine (a int); CREATE VIEW deletions AS SELECT seq FROM event', undefined],
  ['a dropped index', 'DROP INDEX event_time', 'the index event_time is missing'],
] as const
const againstPostgres = [
  ['a dropped trigger', 'DROP TRIGGER event_no_delete ON event', 'the trigger event_no_delete is missing'],
  [
    'a disabled trigger',
    'ALTER TABLE checkpoint DISABLE TRIGGER checkpoint_no_update',
    'the trigger checkpoint_no_update is missing, disabled',
  ],
  [
    'a trigger of the same name that does less',
    'DROP TRIGGER event_no_update ON event; CREATE TRIGGER event_no_update BEFORE UPDATE OF seq ON event FOR EACH ROW EXECUTE FUNCTION refuse()',
    'event_no_update',
  ],
  [
    'a function that refuses nothing',
    'CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
    'the function refuse',
  ],
  ['a rule', 'CREATE RULE quiet AS ON DELETE TO event DO INSTEAD NOTHING', 'the rule quiet is not ours'],
  ['a column more', 'ALTER TABLE event ADD COLUMN remark text', 'the table event is missing or was changed'],
  ['a column of another type', 'ALTER TABLE operation ALTER COLUMN seq TYPE numeric', 'the table operation is missing or was changed'],
  ['an id that need not be unique', 'DROP INDEX event_id', 'the index event_id is missing'],
] as const

const open = (database: string) => openPostgres({ url: postgres().url(database), keys: [place.key], instance: 'i_1' })
let filled: Promise<void> | undefined
const changedIn = async (sql: string): ReturnType<typeof look> => {
  filled ??= createPostgres(postgres().url(), place.key).then(async () => fill(place, await open('postgres')))
  await filled
  copies += 1
  postgres().sql(`CREATE DATABASE copy_${copies} TEMPLATE postgres`, 'template1')
  postgres().sql(`SET search_path = journal; ${sql}`, `copy_${copies}`)
  return await look(place, await open(`copy_${copies}`))
}

when.each(inPostgres)('PostgreSQL, %s: intact', async (_, sql, note) => {
  expect(await changedIn(sql)).toMatchObject({ ok: true, found: [], notes: note ? [expect.stringContaining(note)] : [] })
})

when.each(againstPostgres)('PostgreSQL, %s: not intact', async (_, sql, fault) => {
  expect((await changedIn(sql)).found).toContainEqual(expect.stringContaining(fault))
})
