/** What every store of the journal must do; run over each of them. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { groupCommit } from '../../src/journal/append/group-commit.ts'
import { type Event, newId } from '../../src/journal/event/event.ts'
import { createSealer } from '../../src/journal/event/seal.ts'
import { openCheckpoint, publicKey } from '../../src/journal/log/checkpoint.ts'
import { leafHash, push, rootOf } from '../../src/journal/log/tree.ts'
import { prune, pruneRangeBefore } from '../../src/journal/maintenance.ts'
import { type Entry, entryOf, type Result, type Store, systemEvent } from '../../src/journal/store/journal-store.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { until } from '../support/until.ts'

export interface Fixture {
  /** A journal that is empty but for its first event; `instance` distinguishes replicas of one journal. */
  open(keys: KeyObject[], instance: string): Promise<Store>
  /** A statement by someone who got hold of the application's own access. Throws when it is refused. */
  attack(sql: string): Promise<void>
  close(): Promise<void>
}

const intentEvent = (more: Partial<Event> = {}, key?: string): Event => ({
  v: 1,
  id: newId('evt'),
  kind: 'intent',
  time: new Date().toISOString(),
  action: 'delete_app_user',
  operation: { id: newId('op'), instance: 'i_test', ...(key !== undefined && { key }) },
  actor: { type: 'staff', id: 'idp1|00u5x' },
  targets: [{ role: 'subject', type: 'appuser', subject: 'sub_one', smoochId: '6a1f0c2be84d9f3b7715c0aa' }],
  reason: { ticket: 'OPS-1' },
  ...more,
})

const outcomeEvent = (intent: Event, outcome: Event['outcome'] = 'success'): Event => ({
  v: 1,
  id: newId('evt'),
  kind: 'outcome',
  time: new Date().toISOString(),
  action: intent.action,
  operation: { id: intent.operation!.id },
  outcome: outcome!,
})

const verdictEvent = (intent: Event): Event => ({ ...outcomeEvent(intent), kind: 'resolved', verdict: 'applied', by: 'checker' })

export function storeContract(name: string, fixture: () => Promise<Fixture>): void {
  describe(`the journal's store on ${name}`, () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    let place: Fixture
    let store: Store
    let append: (entry: Entry) => Promise<Result>
    const appendTo = (it: Store): typeof append => {
      const commit = groupCommit(it.commit)
      return async (entry) => (await commit([entry]))[0]!
    }
    const count = async (table: string): Promise<number> => Number((await store.select(`SELECT count(*) AS n FROM ${table}`))[0]!['n'])

    beforeEach(async () => {
      place = await fixture()
      store = await place.open([privateKey], 'i_one')
      append = appendTo(store)
    })
    afterEach(async () => {
      await store.close()
      await place.close()
    })

    test('begins with an event that names the journal and its key', async () => {
      const [row] = await store.select('SELECT body FROM event')
      expect(JSON.parse(String(row!['body']))).toMatchObject({
        kind: 'system',
        action: 'created',
        facts: { journal: store.journal, key: publicKey(privateKey) },
      })
    })

    test('keeps the bytes, and ends every batch in a signed checkpoint of their tree', async () => {
      const entries = [intentEvent(), intentEvent({ reason: { code: 'Grüße \u202e"\\\n\u0000\ud800' } }), intentEvent()].map((event) =>
        entryOf(event),
      )
      await Promise.all(entries.map(append))
      const tree = { size: 0, hashes: [] }
      for (const row of await store.select('SELECT body FROM event ORDER BY seq')) push(tree, leafHash(Buffer.from(String(row['body']))))
      const stored = await store.select('SELECT body FROM event WHERE seq > 0 ORDER BY seq')
      expect(stored.map((row) => row['body'])).toEqual(entries.map(({ body }) => body))
      const [last] = await store.select('SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1')
      const checkpoint = openCheckpoint(String(last!['note']), [publicKey(privateKey)])
      expect(checkpoint?.size).toBe(4)
      expect(checkpoint?.root).toEqual(rootOf(tree))
    })

    test('commits in groups: many at once need few checkpoints', async () => {
      const results = await Promise.all(Array.from({ length: 300 }, () => append(entryOf(intentEvent()))))
      expect(new Set(results.map(({ index }) => index)).size).toBe(300)
      expect(await count('event')).toBe(301)
      expect(await count('checkpoint')).toBeLessThan(10)
    })

    test('derives the state of an operation and lets nothing in that has no place there', async () => {
      const intent = intentEvent()
      const state = async () => (await store.select('SELECT state FROM operation WHERE op = $1', [intent.operation!.id]))[0]?.['state']
      expect(await append(entryOf(outcomeEvent(intent)))).toEqual({ refused: 'no_intent' })
      await append(entryOf(intent))
      expect(await state()).toBe('pending')
      await append(entryOf(outcomeEvent(intent, 'unknown')))
      expect(await state()).toBe('unknown')
      expect(await append(entryOf(outcomeEvent(intent)))).toEqual({ refused: 'settled' })
      await append(entryOf(verdictEvent(intent)))
      expect(await state()).toBe('applied')
      expect(await append(entryOf(verdictEvent(intent)))).toEqual({ refused: 'settled' })
      expect(await count('event')).toBe(4)
    })

    test('an outcome after a verdict is kept, as a contradiction', async () => {
      const intent = intentEvent()
      await append(entryOf(intent))
      await append(entryOf(verdictEvent(intent)))
      expect(await append(entryOf(outcomeEvent(intent)))).toMatchObject({ index: 3 })
      expect(await store.select('SELECT state FROM operation')).toMatchObject([{ state: 'contradiction' }])
    })

    test('an entry written again has one place', async () => {
      const entry = entryOf(intentEvent())
      const first = await append(entry)
      expect(await append({ ...entry, again: true })).toEqual({ index: first.index })
      expect(await count('event')).toBe(2)
    })

    test('one Idempotency-Key has one intent, also in one batch and over replicas, until it was not sent', async () => {
      const other = await place.open([privateKey], 'i_two')
      const appendOther = appendTo(other)
      const intents = Array.from({ length: 20 }, () => intentEvent({}, 'hmac:k'))
      const results = await Promise.all(intents.map((event, at) => (at % 2 ? append : appendOther)(entryOf(event))))
      expect(results.filter((result) => result.refused === undefined)).toHaveLength(1)
      const won = intents[results.findIndex((result) => result.refused === undefined)]!
      expect(results.filter((result) => result.refused === 'key_in_use')).toMatchObject(Array(19).fill({ operation: won.operation!.id }))
      await append(entryOf(outcomeEvent(won, 'not_sent')))
      expect((await append(entryOf(intentEvent({}, 'hmac:k')))).refused).toBeUndefined()
      await other.close()
    })

    test('two replicas write one log without a fork', async () => {
      const other = await place.open([privateKey], 'i_two')
      const appendOther = appendTo(other)
      await Promise.all(Array.from({ length: 100 }, (_, at) => (at % 2 ? append : appendOther)(entryOf(intentEvent()))))
      const rows = await store.select('SELECT seq FROM event ORDER BY seq')
      expect(rows.map((row) => row['seq'])).toEqual(Array.from({ length: 101 }, (_, at) => at))
      await other.close()
    })

    test('knows which instances live', async () => {
      const other = await place.open([privateKey], 'i_two')
      expect(await store.isAlive('i_one')).toBe(true)
      expect(await store.isAlive('i_two')).toBe(true)
      expect(await store.isAlive('i_never')).toBe(false)
      await other.close()
      await until(async () => !(await store.isAlive('i_two')))
      expect(await store.isAlive('i_two')).toBe(false)
      expect(await store.isAlive('../../etc')).toBe(false)
    })

    test('erases the mapping and the sealed parts, and nothing else', async () => {
      const sealer = createSealer([Buffer.alloc(32, 7)])
      const subject = sealer.subject('app', 'mina@example.org')
      const intent = intentEvent({ targets: [{ role: 'subject', type: 'appuser', subject: subject.pseudonym }] })
      const outcome = outcomeEvent(intent)
      await append(entryOf(intent, [sealer.part(intent.id, 'person', { name: 'Mina' }, 1e15).row], [subject]))
      await append(entryOf(outcome, [sealer.part(outcome.id, 'answer', {}, 1e15).row]))
      const [row] = await store.select('SELECT event, part, expires, salt, sealed FROM snapshot WHERE event = $1', [intent.id])
      expect(Buffer.isBuffer(row!['sealed']) || row!['sealed'] instanceof Uint8Array).toBe(true)
      expect(await store.erase([subject.pseudonym])).toEqual({ subjects: 1, parts: 2 })
      expect([await count('snapshot'), await count('subject'), await count('event')]).toEqual([0, 0, 3])
    })

    test('erases of an actor what names the actor, and nothing of the people acted on', async () => {
      const sealer = createSealer([Buffer.alloc(32, 7)])
      const intent = intentEvent()
      await append(
        entryOf(intent, [sealer.part(intent.id, 'person', { name: 'Ada' }, 1e15).row, sealer.part(intent.id, 'before', {}, 1e15).row]),
      )
      expect(await store.erase([intent.actor!.id])).toEqual({ subjects: 0, parts: 1 })
      expect(await store.select('SELECT part FROM snapshot')).toEqual([{ part: 'before' }])
    })

    test('prunes what is old and settled, in two steps, and the rest is still provable', async () => {
      const trusted = [publicKey(privateKey)]
      const nameless = () => intentEvent({ targets: [{ role: 'subject', type: 'appuser', smoochId: '6a1f0c2be84d9f3b7715c0aa' }] })
      const written: number[] = []
      for (const _ of Array(6)) {
        const intent = nameless()
        written.push((await append(entryOf(intent))).index!)
        await append(entryOf(outcomeEvent(intent)))
      }
      const open = (await append(entryOf(nameless()))).index!
      const later = new Date(Date.now() + 60_000)
      // A range that began with the second of them alone, as a day before the others gives.
      expect(await prune(store, { from: 0, to: written[2]! }, 'sha256:1', 'ada')).toBe(written[2])
      const range = await pruneRangeBefore(store, later)
      expect(range).toEqual({ from: written[2], to: open })
      expect(await prune(store, range, 'sha256:2', 'ada')).toBe(open - written[2]!)
      expect(await pruneRangeBefore(store, later)).toEqual({ from: open, to: open })
      expect(await prune(store, { from: open, to: open }, '', 'ada')).toBe(0)
      expect(await verify(store, { trusted })).toMatchObject({ ok: true, findings: [], from: open })
    })

    test('expires sealed parts by their time', async () => {
      const sealer = createSealer([Buffer.alloc(32, 7)])
      const [old, fresh] = [intentEvent(), intentEvent()]
      await append(entryOf(old, [sealer.part(old.id, 'before', {}, Date.now() - 1000).row]))
      await append(entryOf(fresh, [sealer.part(fresh.id, 'before', {}, Date.now() + 60_000).row]))
      expect(await store.expire(Date.now())).toBe(1)
      expect(await store.select('SELECT event FROM snapshot')).toMatchObject([{ event: fresh.id }])
    })

    test.each([
      "INSERT INTO event (seq, body) VALUES (99, '{}')",
      "UPDATE event SET body = replace(body, 'idp1', 'idp2')",
      'DELETE FROM event',
      'DELETE FROM checkpoint',
      "UPDATE checkpoint SET note = ''",
      'TRUNCATE event',
    ])('refuses %s', async (sql) => {
      await append(entryOf(intentEvent()))
      const before = await store.select('SELECT body FROM event')
      await place.attack(sql).catch(() => {})
      // SQLite has no rights: a row can be inserted there, and verify finds it.
      if (name !== 'SQLite' || !sql.startsWith('INSERT')) expect(await store.select('SELECT body FROM event')).toEqual(before)
      expect(await count('checkpoint')).toBe(2)
    })

    test('a new key takes over by an event that the old key signs', async () => {
      const next = generateKeyPairSync('ed25519').privateKey
      await append(entryOf(systemEvent('key_rotated', { key: publicKey(next) })))
      await expect(append(entryOf(intentEvent()))).rejects.toThrow('key that is not configured')
      const both = await place.open([next, privateKey], 'i_two')
      await appendTo(both)(entryOf(intentEvent()))
      const notes = (await both.select('SELECT note FROM checkpoint ORDER BY size')).map((row) => String(row['note']))
      expect(openCheckpoint(notes[1]!, [publicKey(privateKey)])).toBeDefined()
      expect(openCheckpoint(notes[2]!, [publicKey(next)])).toBeDefined()
      expect(openCheckpoint(notes[2]!, [publicKey(privateKey)])).toBeUndefined()
      await both.close()
    })

    test('opens again after it was closed by force, with everything in it', async () => {
      await append(entryOf(intentEvent()))
      await store.reopen()
      await append(entryOf(intentEvent()))
      expect(await count('event')).toBe(3)
      expect(await store.inspect()).toEqual({ faults: [], notes: [] })
    })
  })
}
