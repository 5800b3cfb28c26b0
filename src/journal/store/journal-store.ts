/** The store's contract, and the rules inside its lock. Stores differ in locking and writing. */

import { type KeyObject, randomBytes } from 'node:crypto'
import { type Event, type EventHeader, encode, eventHeaderOf, newId, nextState, type State, tokensOf } from '../event/event.ts'
import { lifetimes } from '../event/lifetimes.ts'
import type { Part, Subject } from '../event/seal.ts'
import { originOf, parseCheckpoint, publicKey, signCheckpoint } from '../log/checkpoint.ts'
import { discontinuity } from '../log/discontinuity.ts'
import { type Frontier, leafHash, push, rootOf } from '../log/tree.ts'
import { checkpointQuestion, idsQuestion } from './queries/log.ts'
import { keysQuestion, statesQuestion } from './queries/operations.ts'
import type { Question, Row, Source } from './queries/source.ts'

/** An event to be written, with what is stored beside it. */
export interface Entry {
  readonly event: EventHeader
  readonly body: string
  readonly tokens: readonly string[]
  readonly parts: readonly Part[]
  readonly subjects: readonly Subject[]
  /** True when it may be written already: the store looks for it first. */
  again: boolean
}

export const entryOf = (event: Event, parts: readonly Part[] = [], subjects: readonly Subject[] = []): Entry => ({
  event: eventHeaderOf(event),
  body: encode(event),
  tokens: tokensOf(event),
  parts,
  subjects,
  again: false,
})

/** `refused` by a rule: no intent, a second outcome, settled, key in use. Nothing was written. */
export type Result =
  | { readonly index: number; readonly refused?: undefined }
  | { readonly refused: 'no_intent' | 'settled' | 'key_in_use'; readonly index?: number; readonly operation?: string }

export interface Head extends Frontier {
  readonly cut: number
}

/** The part of the log that a batch is decided by, read inside the lock. */
export interface Facts {
  readonly ids: Map<string, number>
  readonly operations: Map<string, { seq: number; state: State }>
  readonly keys: Map<string, { seq: number; operation: string }>
  /** True when the checkpoint that the caller has seen is still there. */
  continues: boolean
}

/** The content of one transaction. */
export interface Batch {
  readonly first: number
  readonly entries: readonly Entry[]
  readonly operations: ReadonlyMap<string, { seq: number; state: State }>
  readonly nodes: readonly { level: number; position: number; hash: Buffer }[]
  readonly head: Frontier
  readonly note: string | undefined
}

export interface Committed {
  readonly results: readonly Result[]
  readonly size: number
  /** The checkpoint at the end of the batch; absent when nothing is written. */
  readonly note?: string
}

/** `notes`: differences that do not touch what the log proves. */
export interface Inspection {
  readonly faults: readonly string[]
  readonly notes: readonly string[]
}

/** Its own `select` is for the guard, which no other reader may delay. */
export interface Store extends Source {
  readonly journal: string
  /** A connection of their own for readers. */
  readonly readers: Source
  /** All or nothing, durable when it resolves; one at a time (see group commit). Writes nothing
   * unless the log still holds `after`, the newest checkpoint that the caller has seen. */
  commit(entries: readonly Entry[], after?: string): Promise<Committed>
  /** Closes and opens the store, after an error. */
  reopen(): Promise<void>
  /** True while the process of this instance lives, by a lock of the system or database. */
  isAlive(instance: string): Promise<boolean>
  /** True when this connection may erase and prune: in PostgreSQL only the owner of the tables. */
  mayRemove(): Promise<boolean>
  /** Deletes the pseudonyms, the sealed parts of events on these persons, the personal part of
   * events by them, and every trace of the bytes. */
  erase(tokens: readonly string[]): Promise<{ subjects: number; parts: number }>
  expire(now: number): Promise<number>
  /** Deletes events below the cut, after the `pruned` event was written. */
  prune(cut: number, nodes: readonly { level: number; position: number; hash: Buffer }[]): Promise<number>
  /** Into a file that is empty or not there. */
  backup(path: string): Promise<void>
  /** A look at what the database itself holds: schema, triggers, indexes. */
  inspect(): Promise<Inspection>
  close(): Promise<void>
}

/** Of SQLite: the one that writes, the guard's reader, and the one that reads for people. */
export type JournalThread = 'writer' | 'reader' | 'console'

export interface StoreOptions {
  /** The first signs; former keys may sign the change to it. */
  readonly keys: readonly KeyObject[]
  /** Name of this process in liveness locks. */
  readonly instance: string
  /** Longest time of a `select`, where it can be cut (PostgreSQL); by default a minute. */
  readonly selectMs?: number
  /** A thread ended by itself; the next call starts another. */
  readonly onThreadEnd?: ((thread: JournalThread, cause: Error) => void) | undefined
}

type Asked = Question & { readonly into: (facts: Facts, row: Row) => void }

/** The queries by which this batch is decided. */
export function questions(entries: readonly Entry[], after: string | undefined): Asked[] {
  const ids = entries.filter((entry) => entry.again).map((entry) => entry.event.id)
  const operations = entries
    .filter(({ event }) => event.kind === 'resolved' || (event.kind === 'outcome' && !event.recorded))
    .map(({ event }) => event.operation!.id)
  const keyed = entries.filter(({ event }) => event.kind === 'intent' && event.operation?.key)
  const keys = keyed.map(({ event }) => event.operation!.key!)
  const asked: Asked[] = []
  if (after !== undefined)
    asked.push({
      ...checkpointQuestion(parseCheckpoint(after)!.size),
      into: (facts, row) => {
        facts.continues = row['note'] === after
      },
    })
  if (ids.length > 0) asked.push({ ...idsQuestion(ids), into: (facts, row) => facts.ids.set(String(row['id']), Number(row['seq'])) })
  if (operations.length > 0)
    asked.push({
      ...statesQuestion(operations),
      into: (facts, row) => facts.operations.set(String(row['op']), { seq: Number(row['seq']), state: row['state'] as State }),
    })
  if (keys.length > 0) {
    const since = new Date(Math.min(...keyed.map(({ event }) => Date.parse(event.time))) - lifetimes.repeat).toISOString()
    asked.push({
      ...keysQuestion(keys, since),
      into: (facts, row) => facts.keys.set(String(row['key']), { seq: Number(row['seq']), operation: String(row['op']) }),
    })
  }
  return asked
}

/** Throws for a restored backup or a failover that lost commits, before anything is written. */
function mustContinue(head: Head, facts: Facts, seen: number): void {
  if (head.size < seen) throw new Error(discontinuity.shorter(seen, head.size))
  if (seen >= head.cut && !facts.continues) throw new Error(discontinuity.otherThanEnded(seen))
}

/** The rules of the log: accepts or refuses each entry. */
export function decide(
  entries: readonly Entry[],
  head: Head,
  facts: Facts,
  after: string | undefined,
): { accepted: Entry[]; results: Result[]; changed: Batch['operations'] } {
  if (after !== undefined) mustContinue(head, facts, parseCheckpoint(after)!.size)
  const accepted: Entry[] = []
  const changed = new Map<string, { seq: number; state: State }>()
  const accept = (entry: Entry): Result => {
    const { event } = entry
    const written = facts.ids.get(event.id)
    if (written !== undefined) return { index: written }
    const index = head.size + accepted.length
    const key = event.kind === 'intent' ? event.operation?.key : undefined
    const holder = key && facts.keys.get(key)
    if (holder) return { refused: 'key_in_use', index: holder.seq, operation: holder.operation }
    if (event.operation) {
      const before = facts.operations.get(event.operation.id)
      const state = nextState(before?.state, event)
      if (!state) return { refused: before ? 'settled' : 'no_intent' }
      const row = { seq: before?.seq ?? index, state }
      facts.operations.set(event.operation.id, row)
      changed.set(event.operation.id, row)
      if (key) facts.keys.set(key, { seq: index, operation: event.operation.id })
    }
    facts.ids.set(event.id, index)
    accepted.push(entry)
    return { index }
  }
  return { results: entries.map(accept), accepted, changed }
}

/** The key that the log says is in force. `key_rotated` is signed by the key that it ends. */
export function keyInForce(keys: readonly KeyObject[], inForce: string): KeyObject {
  const key = keys.find((candidate) => publicKey(candidate) === inForce)
  if (!key)
    throw new Error(
      'the journal is signed by a key that is not configured; give the former key beside the new one, so that it can sign the change',
    )
  return key
}

export const keyAfter = (entries: readonly Entry[], inForce: string): string =>
  entries.reduce(
    (key, { event }) => (event.kind === 'system' && event.action === 'key_rotated' ? String(event.facts?.['key']) : key),
    inForce,
  )

export const systemEvent = (action: string, facts: Event['facts'] = {}, now = new Date()): Event => ({
  v: 1,
  id: newId('evt'),
  kind: 'system',
  time: now.toISOString(),
  action,
  facts,
})

/** The first batch of a new journal, with its id and its key. */
export function genesis(key: KeyObject): { journal: string; key: string; batch: Batch } {
  const journal = `j_${randomBytes(9).toString('hex')}`
  const entry = entryOf(systemEvent('created', { journal, key: publicKey(key) }))
  return { journal, key: publicKey(key), batch: extend(journal, { size: 0, hashes: [], cut: 0 }, [entry], new Map(), key) }
}

export const noFacts = (): Facts => ({ ids: new Map(), operations: new Map(), keys: new Map(), continues: false })

/** Appends the entries to the tree and signs its end: no batch without a checkpoint. */
export function extend(journal: string, head: Head, entries: readonly Entry[], operations: Batch['operations'], key: KeyObject): Batch {
  const grown: Frontier = { size: head.size, hashes: [...head.hashes] }
  const nodes: { level: number; position: number; hash: Buffer }[] = []
  for (const { body } of entries) push(grown, leafHash(body), (level, position, hash) => nodes.push({ level, position, hash }))
  const note = entries.length ? signCheckpoint({ origin: originOf(journal), size: grown.size, root: rootOf(grown) }, key) : undefined
  return { first: head.size, entries, operations, nodes, head: grown, note }
}

export const packFrontier = (hashes: readonly Buffer[]): Buffer => Buffer.concat(hashes)
export const unpackFrontier = (packed: Uint8Array): Buffer[] =>
  Array.from({ length: packed.length / 32 }, (_, at) => Buffer.from(packed.subarray(at * 32, at * 32 + 32)))
