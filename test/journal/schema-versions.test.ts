/** Versions of the schema: journals of then are opened and kept as they are, one that a later service has upgraded is refused in words. The frozen schemas lie beside. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from '@jest/globals'
import { checkPostgres } from '../../src/check/postgres.ts'
import type { OpenOperation } from '../../src/journal/guard/call-guard.ts'
import { deferredStore } from '../../src/journal/store/deferred-store.ts'
import type { Store } from '../../src/journal/store/journal-store.ts'
import { openStore } from '../../src/journal/store/open.ts'
import { steps as inPostgres } from '../../src/journal/store/postgres/schema.ts'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../src/journal/store/postgres/store.ts'
import { steps as inSqlite } from '../../src/journal/store/sqlite/schema.ts'
import { current } from '../../src/journal/store/version.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { journalCli } from '../support/journal-cli.ts'
import { findPostgres } from '../support/postgres.ts'
import { postgresOfFile } from '../support/postgres-of-file.ts'
import { deletion, makePlace, type Place, success } from './place.ts'

const frozen = (name: string): string => readFileSync(new URL(`./version-1.${name}.sql`, import.meta.url), 'utf8')
const refusal = /has version 2 of the schema, and this smooch-bff knows 1 at most: start the smooch-bff that upgraded it/

const use = async (place: Place, store: Store): Promise<void> => {
  await using it = await place.open({ store })
  expect(it.journal.status().open).toBe(true)
  await ((await it.guard.begin(deletion())) as OpenOperation).end(success)
}

const expectWhole = async (place: Place, store: Store): Promise<void> => {
  const { findings, warnings, size } = await verify(store, { sealer: place.sealer })
  expect([findings, warnings, size > 6]).toEqual([[], [], true])
  await store.close()
}

/** The service's journal, as it is at a start that the store refuses. */
const statusWith = async (place: Place, url: string) => {
  const options = { keys: [place.key], instance: 'i_1' }
  await using it = await place.open({ store: await deferredStore(url, () => openStore(url, options)), instance: 'i_1' })
  return it.journal.status()
}

test('both stores go through the same steps', () => {
  expect([inPostgres.length, inSqlite.length]).toEqual([current.version, current.version])
})

/** With the schema of then, and without its mark: the rows are those of a journal of today. */
const unmarked = async (place: Place): Promise<void> => {
  await use(place, await place.store())
  using db = new DatabaseSync(`${place.path}-then`)
  db.exec(frozen('sqlite'))
  db.exec(`ATTACH '${place.path}' AS now`)
  for (const table of ['head', 'event', 'operation', 'target', 'checkpoint', 'node', 'subject', 'snapshot']) {
    const columns = db
      .prepare(`SELECT name FROM pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => String(name))
    db.exec(`INSERT INTO main.${table} (${columns.join(', ')}) SELECT ${columns.join(', ')} FROM now.${table}`)
  }
}

const schemaIn = (path: string): unknown[] => {
  using db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  return [...db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all(), db.prepare('PRAGMA user_version').get()]
}

test('SQLite: a journal without a mark is version 1: read as it is, written with a mark in its header, its tables untouched', async () => {
  await using place = makePlace()
  await unmarked(place)
  const path = `${place.path}-then`
  const [before, mark] = [schemaIn(path).slice(0, -1), schemaIn(path).at(-1)]
  expect(mark).toEqual({ user_version: 0 })
  const keys = { JOURNAL_URL: `sqlite:${path}` }
  expect(await journalCli({ ...place.env, ...keys }, ['verify'])).toMatchObject({ code: 0 })
  expect(schemaIn(path)).toEqual([...before, { user_version: 0 }])
  await use(place, await place.store({ path }))
  expect(schemaIn(path)).toEqual([...before, { user_version: 1 }])
  await expectWhole(place, await place.store({ path, readOnly: true }))
})

test('SQLite: one that a later service has upgraded is refused by the service, the command line and the reader', async () => {
  await using place = makePlace()
  await use(place, await place.store())
  {
    using db = new DatabaseSync(place.path)
    db.exec('PRAGMA user_version = 2')
  }
  const before = schemaIn(place.path)
  await expect(place.store()).rejects.toThrow(refusal)
  await expect(place.store({ readOnly: true })).rejects.toThrow(refusal)
  for (const command of [['verify'], ['init'], ['list']])
    expect(await journalCli(place.env, command)).toEqual({ code: 3, text: expect.stringMatching(refusal) })
  expect(await statusWith(place, `sqlite:${place.path}`)).toMatchObject({ open: false, cause: expect.stringMatching(refusal) })
  expect(schemaIn(place.path)).toEqual(before)
})

/** What a later step may add that services of before need not know. */
const additions = (schema: string): string =>
  `CREATE INDEX later_index ON ${schema}operation (op, state); ALTER TABLE ${schema}operation ADD COLUMN later TEXT`

/** Opened, written, verified: with notes on what was added, and no finding. */
const expectUsed = async (place: Place, open: () => Promise<Store>): Promise<void> => {
  await use(place, await open())
  const store = await open()
  const { findings, warnings } = await verify(store, { sealer: place.sealer })
  await store.close()
  expect(findings).toEqual([])
  expect(warnings.join()).toMatch(/operation has columns of a later version.*later_index is not ours/)
}

test('SQLite: one to which a later service added what others need not know is used as it is, and its mark stays', async () => {
  await using place = makePlace()
  await use(place, await place.store())
  {
    using db = new DatabaseSync(place.path)
    db.exec(`${additions('')}; PRAGMA user_version = 1002`)
  }
  const before = schemaIn(place.path)
  await expectUsed(place, () => place.store())
  for (const command of [['verify'], ['init'], ['list']]) expect(await journalCli(place.env, command)).toMatchObject({ code: 0 })
  expect(await statusWith(place, `sqlite:${place.path}`)).toMatchObject({ open: true })
  expect(schemaIn(place.path)).toEqual(before)
})

test.each([2, 2002, 2003])('SQLite: the mark %i shuts services of version 1 out', async (mark) => {
  await using place = makePlace()
  await use(place, await place.store())
  {
    using db = new DatabaseSync(place.path)
    db.exec(`PRAGMA user_version = ${mark}`)
  }
  await expect(place.store()).rejects.toThrow(/of the schema, and this smooch-bff knows 1 at most/)
})

test.each([
  ['a trigger', 'CREATE TRIGGER z AFTER INSERT ON event BEGIN SELECT 1; END', 'not part of the schema: CREATE TRIGGER z'],
  ['a column of ours that is gone', 'ALTER TABLE operation RENAME COLUMN app TO was', 'the schema lacks: CREATE TABLE operation'],
])('SQLite: under the mark of a later service %s is a finding all the same', async (_what, sql, finding) => {
  await using place = makePlace()
  await use(place, await place.store())
  {
    using db = new DatabaseSync(place.path)
    db.exec(`${sql}; PRAGMA user_version = 1002`)
  }
  const store = await place.store({ readOnly: true })
  const { faults } = await store.inspect()
  await store.close()
  expect(faults.join()).toContain(finding)
})

const { when, postgres } = postgresOfFile()
const options = (place: Place, url: string) => ({ url, keys: [place.key], instance: 'i_1' })

when('PostgreSQL: a journal without a mark is version 1, needs nobody to upgrade it, and is marked by its owner', async () => {
  await using place = makePlace()
  for (const it of ['ROLE bff LOGIN', 'DATABASE now', 'DATABASE earlier']) postgres().sql(`CREATE ${it}`)
  const [now, earlier] = [postgres().url('now'), postgres().url('earlier')]
  await createPostgres(now, place.key)
  await use(place, await openPostgres(options(place, now)))
  const dump = ['--data-only', '--inserts', '--schema=journal', '--exclude-table=journal.schema_version', `--dbname=${now}`]
  const rows = execFileSync(join(findPostgres()!, 'pg_dump'), dump, { encoding: 'utf8' })
  postgres().sql(frozen('postgres'), 'earlier')
  postgres().sql(rows.replaceAll(/^\\.*$/gm, ''), 'earlier')
  postgres().sql(
    'SET search_path = journal; GRANT USAGE ON SCHEMA journal TO bff; GRANT SELECT ON ALL TABLES IN SCHEMA journal TO bff',
    'earlier',
  )
  postgres().sql('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA journal TO bff', 'earlier')
  const asService = options(place, postgres().url('earlier', 'bff'))
  await use(place, await openPostgres(asService))
  await expectWhole(place, await openPostgres(asService))
  for (let times = 0; times < 2; times += 1) await createPostgres(earlier, place.key)
  expect(postgres().sql('SELECT version FROM journal.schema_version', 'earlier').trim()).toBe('1')
  await use(place, await openPostgres(asService))
  await expectWhole(place, await openPostgres(asService))
})

when(
  'PostgreSQL: one that a later service has upgraded is refused at the start, by init, by the check, and once an open store reconnects',
  async () => {
    await using place = makePlace()
    postgres().sql('CREATE DATABASE later')
    const url = postgres().url('later')
    await createPostgres(url, place.key)
    const running = await openPostgres(options(place, url))
    postgres().sql('UPDATE journal.schema_version SET version = 2, oldest = 2', 'later')
    await expect(running.reopen()).rejects.toThrow(refusal)
    await running.close()
    await expect(createPostgres(url, place.key)).rejects.toThrow(refusal)
    expect(await statusWith(place, url)).toMatchObject({ open: false, cause: expect.stringMatching(refusal) })
    const env: Record<string, string> = { ...place.env, JOURNAL_URL: url }
    for (const command of ['verify', 'init'])
      expect(await journalCli(env, [command])).toEqual({ code: 3, text: expect.stringMatching(refusal) })
    expect(await checkPostgres(url, { signing: [env['JOURNAL_SIGNING_KEY']!], sealing: [env['JOURNAL_SEALING_KEY']!] })).toEqual([
      {
        level: 'fault',
        text: expect.stringContaining('to version 2'),
        todo: expect.stringContaining('start the smooch-bff that upgraded it'),
      },
    ])
  },
)

when('PostgreSQL: one to which a later service added what others need not know is used as it is, and its mark stays', async () => {
  await using place = makePlace()
  postgres().sql('CREATE DATABASE extended')
  const url = postgres().url('extended')
  await createPostgres(url, place.key)
  postgres().sql(`${additions('journal.')}; UPDATE journal.schema_version SET version = 2, oldest = 1`, 'extended')
  await expectUsed(place, () => openPostgres(options(place, url)))
  await createPostgres(url, place.key)
  expect(await statusWith(place, url)).toMatchObject({ open: true })
  expect(postgres().sql('SELECT version, oldest FROM journal.schema_version', 'extended').trim()).toBe('2|1')
  postgres().sql('ALTER TABLE journal.operation ADD COLUMN needed text NOT NULL DEFAULT now()', 'extended')
  const store = await openPostgres(options(place, url))
  expect((await store.inspect()).faults).toEqual(['the table operation is missing or was changed'])
  await store.close()
  postgres().sql('UPDATE journal.schema_version SET oldest = 2', 'extended')
  await expect(openPostgres(options(place, url))).rejects.toThrow(refusal)
})
