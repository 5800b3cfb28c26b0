/** A journal of version 0.1 has no column for the app: it gets one when it is opened, once, and stays whole. */
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { createPostgres } from '../../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { operations } from '../../../src/journal/store/search.ts'
import { verify } from '../../../src/journal/verify/verify.ts'
import { deletion, makePlace, type Place, success } from '../../journal/place.ts'
import { journalCli } from '../../support/journal-cli.ts'
import { findPostgres, startPostgres } from '../../support/postgres.ts'

const indexes = ['event_app', 'event_app_action', 'event_app_actor', 'event_app_ticket', 'event_viewed', 'operation_app_state']

const fill = async (place: Place, store?: Awaited<ReturnType<Place['store']>>): Promise<void> => {
  await using it = await place.open(store && { store })
  for (const tenant of ['app1', 'app2']) await ((await it.guard.begin(deletion({ tenant }))) as OpenOperation).end(success)
}

const expectWhole = async (place: Place, store: Awaited<ReturnType<Place['store']>>): Promise<void> => {
  expect((await verify(store, { sealer: place.sealer })).findings).toEqual([])
  for (const tenant of ['app1', 'app2'])
    expect((await operations(store, place.sealer, { tenant, state: 'success' })).rows.map(({ opened }) => opened.tenant)).toEqual([tenant])
  await store.close()
}

test('in SQLite it is added by the service or by init, and nothing that only reads adds it', async () => {
  await using place = makePlace()
  await fill(place)
  const made = new DatabaseSync(place.path)
  const texts = () => made.prepare('SELECT sql FROM sqlite_schema ORDER BY name').all()
  const fresh = texts()
  for (const name of indexes) made.exec(`DROP INDEX ${name}`)
  made.exec('ALTER TABLE event DROP COLUMN app; ALTER TABLE operation DROP COLUMN app; PRAGMA user_version = 0')
  const refused = await journalCli(place.env, ['verify'])
  expect([refused.code, refused.text]).toEqual([3, expect.stringContaining('npm run journal -- init')])
  for (let times = 0; times < 2; times += 1) expect(await journalCli(place.env, ['init'])).toEqual({ code: 0, text: '{"ready":true}\n' })
  expect(texts()).toEqual(fresh)
  made.close()
  await expectWhole(place, await place.store())
})

const postgres = findPostgres()
const withPostgres = postgres ? test : test.skip

withPostgres('in PostgreSQL its owner adds it; others are told the command', async () => {
  await using place = makePlace()
  await using server = await startPostgres(postgres!)
  server.sql('CREATE ROLE app LOGIN')
  await createPostgres(server.url(), place.key, 'app')
  const open = (user?: string) => openPostgres({ url: server.url('postgres', user), keys: [place.key], instance: 'i_1' })
  await fill(place, await open())
  for (const name of indexes) server.sql(`DROP INDEX journal.${name}`)
  server.sql('ALTER TABLE journal.event DROP COLUMN app; ALTER TABLE journal.operation DROP COLUMN app; DROP TABLE journal.schema_version')
  await expect(open('app')).rejects.toThrow('made by an earlier version; let its owner run: npm run journal -- init --role app')
  for (let times = 0; times < 2; times += 1) await createPostgres(server.url(), place.key, 'app')
  await expectWhole(place, await open('app'))
})
