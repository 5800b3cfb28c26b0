/** Rows that events promise and somebody took away, and rows that no event stands for, were passed over by `verify`; a head that names millions of events, or a table that is gone, was a failure without words. */

import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Event } from '../../../src/journal/event/event.ts'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { spendPermit } from '../../../src/journal/guard/permit.ts'
import { resolveByHand } from '../../../src/journal/maintenance.ts'
import { schema } from '../../../src/journal/store/sqlite/schema.ts'
import { sentenceOf } from '../../../src/journal/verify/findings.ts'
import { verify } from '../../../src/journal/verify/verify.ts'
import { deletion, makePlace, type Place } from '../../journal/place.ts'
import { journalCli } from '../../support/journal-cli.ts'

const day = 86_400_000

describe('an insider changes what stands beside the log', () => {
  let place: Place
  let first: string

  beforeAll(async () => {
    place = makePlace()
    await using it = await place.open()
    for (let at = 0; at < 20; at += 1) {
      const op = (await it.guard.begin(deletion({ actor: { type: 'service', id: 'crm', onBehalfOf: `asked-by-${at}` } }))) as OpenOperation
      first ??= op.id
      await op.end()
    }
  })
  afterAll(async () => {
    await place[Symbol.asyncDispose]()
  })

  /** What `verify` says after the change, as on a terminal. */
  const saidAfter = async (sql: string): Promise<string> => {
    const path = join(place.directory, `${sql.replaceAll(/\W+/g, '-').slice(0, 60)}.db`)
    copyFileSync(place.path, path)
    const db = new DatabaseSync(path)
    const rails = schema.filter((statement) => statement.startsWith('CREATE TRIGGER'))
    for (const rail of rails) db.exec(`DROP TRIGGER ${rail.split(' ')[2]}`)
    db.exec(sql)
    for (const rail of rails) db.exec(rail)
    db.close()
    return (await journalCli({ ...place.env, JOURNAL_URL: `sqlite:${path}` }, ['verify'], { people: true })).text
  }

  test.each([
    ["DELETE FROM snapshot WHERE part = 'before'", 'the sealed part "before" is gone before its time, and no erasure took it, at event'],
    ["DELETE FROM snapshot WHERE part = 'person'", 'the sealed part "person" is gone before its time'],
    [`UPDATE snapshot SET expires = expires + ${1000 * day}`, 'is kept for another time than the event says'],
    ['UPDATE snapshot SET expires = 0', 'is kept for another time than the event says'],
    ['DELETE FROM subject WHERE pseudonym NOT IN (SELECT token FROM target)', 'names of people are gone that no erasure removed (20)'],
    ["UPDATE subject SET lookup = 'x' WHERE pseudonym NOT IN (SELECT token FROM target)", 'a search by userId would miss this event'],
    ["INSERT INTO subject SELECT 'sub_other', lookup, sealed FROM subject LIMIT 1", 'note: there are names that no event is about (1)'],
    [
      "INSERT INTO event (seq, body) SELECT -1, replace(body, 'evt_', 'evt_9') FROM event WHERE seq = 3",
      'there are events or checkpoints before the beginning of the log',
    ],
    ['INSERT INTO checkpoint SELECT -1, note FROM checkpoint WHERE size = 3', 'checkpoints before the beginning of the log'],
    ["INSERT INTO operation VALUES (5000, 'op_never', 'unknown', 'app1')", 'the table of operations holds rows that no event stands for'],
    ["INSERT INTO target VALUES ('sub_x', 5000)", 'a search by target would find events that are not in the log'],
    ['INSERT INTO node VALUES (8, 5, zeroblob(32))', 'the tree holds a node 8/5 that no events give'],
    ['UPDATE head SET size = 9000000000000000', 'to 8999999999999999 are missing'],
    ['UPDATE head SET size = -1', 'there are events or checkpoints beyond the head'],
    ['DROP TABLE target', 'the schema lacks: CREATE TABLE target'],
    ['DELETE FROM head', 'the journal has lost its head'],
  ])('%s', async (sql, words) => {
    expect(await saidAfter(sql)).toContain(words)
  })

  test('a finding names the operation, and a thousand of one kind leave room for the others', async () => {
    const said = await saidAfter('DELETE FROM snapshot; UPDATE head SET frontier = zeroblob(32)')
    expect(said).toContain(`of ${first}\n`)
    expect(said).toContain('the sealed part "person" is gone before its time, and no erasure took it: 20 times in all')
    expect(said).toContain('the head does not fit the events')
  })
})

test('what an erasure, the end of its time or a clock that was ahead took away is no finding', async () => {
  await using place = makePlace()
  let ahead = 0
  const it = await place.open({ now: () => new Date(Date.now() + ahead) })
  const begun = async (more: Parameters<typeof deletion>[0]): Promise<string> => {
    const op = (await it.guard.begin(deletion(more))) as OpenOperation
    spendPermit(op.permit, 'delete_app_user')
    await op.end()
    return op.id
  }
  const id = 'c'.repeat(24)
  const byId = await begun({ targets: [{ role: 'subject', smoochId: id }] })
  const byName = await begun({ targets: [{ role: 'subject', userId: 'mina' }] })
  await begun({ actor: { type: 'user', userId: 'mina' }, targets: [] })
  for (const op of [byId, byName]) expect(await resolveByHand(it.store, place.sealer, op, 'applied', 'ada', 'asked by letter')).toBe(true)
  for (const user of ['mina', id])
    expect((await journalCli(place.env, ['erase', '--tenant', 'app1', '--user', user, '--by', 'ada'])).code).toBe(0)
  const facts = (await it.store.select("SELECT body FROM event WHERE kind = 'erased'")).map(
    ({ body }) => (JSON.parse(String(body)) as Event).facts,
  )
  expect(facts).toEqual([
    { subjects: [expect.stringMatching(/^sub_/)], ids: [] },
    { subjects: [], ids: [id] },
  ])

  await begun({})
  ahead = 50 * day
  await begun({})
  await it.store.expire(Date.now() + 45 * day)
  const { findings } = await verify(it.store, { sealer: place.sealer })
  expect(findings.map(sentenceOf)).toEqual([])
  await it.guard.close()
})
