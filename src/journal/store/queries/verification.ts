/** Queries of a verification: rows of every table as stored, page by page. */
import type { StoredBytes } from './log.ts'
import { bytesOf, columnOf, fieldOf, marks, rowOf, rowsOf, type Source, type Value } from './source.ts'

export interface RawEvent extends StoredBytes {
  /** Columns beside the body, by name. */
  readonly columns: Readonly<Record<string, Value>>
}

export interface RawPage {
  readonly from: number
  readonly to: number
  readonly events: readonly RawEvent[]
  /** By the size that they sign. */
  readonly notes: ReadonlyMap<number, string>
}

export async function rawPage(store: Source, from: number, to: number): Promise<RawPage> {
  // In PostgreSQL alone: SQLite computes the columns, and inspect() compares its indexes.
  const columns = store.kind === 'postgres' ? ', id, op, kind, action, time, actor, key, ticket, app' : ''
  const [rows, notes] = await Promise.all([
    store.select(`SELECT seq, ${bytesOf(store)} AS bytes${columns} FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq`, [from, to]),
    rowsOf<{ size: number; note: string }>(store, 'SELECT size, note FROM checkpoint WHERE size > $1 AND size <= $2', [from, to]),
  ])
  return {
    from,
    to,
    events: rows.map(({ seq, bytes, ...columns }) => ({ index: Number(seq), bytes: bytes as Uint8Array, columns })),
    notes: new Map(notes.map(({ size, note }) => [size, note])),
  }
}

export const targetsBetween = (store: Source, from: number, below: number): Promise<{ index: number; token: string }[]> =>
  rowsOf(store, 'SELECT token, seq AS "index" FROM target WHERE seq >= $1 AND seq < $2', [from, below])

interface RawOperation {
  readonly index: number
  readonly id: string
  readonly state: Value
  readonly app: Value
}

export const operationsBetween = (store: Source, from: number, below: number): Promise<RawOperation[]> =>
  rowsOf(store, 'SELECT op AS id, seq AS "index", state, app FROM operation WHERE seq >= $1 AND seq < $2', [from, below])

/** Index of the first event of each operation, by id. */
export const beginningsOf = (store: Source, operations: readonly string[]): Promise<{ id: string; index: number }[]> =>
  rowsOf(store, `SELECT op AS id, min(seq) AS "index" FROM event WHERE op IN (${marks(operations.length)}) GROUP BY op`, operations)

/** An event that has a sealed part but is not in the log. */
export const eventOfOrphan = (store: Source): Promise<string | undefined> =>
  fieldOf(store, 'SELECT event FROM snapshot WHERE event NOT IN (SELECT id FROM event) LIMIT 1')

export const allNodes = (store: Source): Promise<{ level: number; position: number; hash: Uint8Array }[]> =>
  rowsOf(store, 'SELECT level, position, hash FROM node')

/** The size in the head, and how many rows stand outside of the log, all at one moment. */
export async function rowsOutside(store: Source): Promise<Record<'size' | 'beyond' | 'below' | 'operations' | 'targets', number>> {
  const rows = (table: string, where: string): string => `(SELECT count(*) FROM ${table} WHERE ${where})`
  const sql = `SELECT h.size, ${rows('event', 'seq >= h.size')} + ${rows('checkpoint c', 'c.size > h.size')} AS beyond,
     ${rows('event', 'seq < h.cut')} + ${rows('checkpoint c', 'c.size < h.cut OR c.size < 1')} AS below,
     ${rows('operation', 'seq < h.cut OR seq >= h.size')} AS operations, ${rows('target', 'seq < h.cut OR seq >= h.size')} AS targets FROM head h`
  return (await rowOf(store, sql))!
}

/** One above the index of the last event that is there. */
export const endOfEvents = async (store: Source): Promise<number> =>
  (await fieldOf<number>(store, 'SELECT coalesce(max(seq), -1) + 1 FROM event'))!

export const erasedEvents = (store: Source): Promise<StoredBytes[]> =>
  rowsOf(
    store,
    `SELECT seq AS "index", ${bytesOf(store)} AS bytes FROM event WHERE kind = 'erased' AND seq >= (SELECT cut FROM head) ORDER BY seq`,
  )

/** True when an event from this index on holds the pseudonym. */
export async function isNamedSince(store: Source, index: number, pseudonym: string): Promise<boolean> {
  const rows = await store.select('SELECT 1 AS one FROM event WHERE seq >= $1 AND body LIKE $2 LIMIT 1', [index, `%"${pseudonym}"%`])
  return rows.length > 0
}

/** Ids of operations with events between these indexes. By columns: a body may be damaged. */
export const operationsWithin = (store: Source, from: number, below: number): Promise<string[]> =>
  columnOf(store, 'SELECT DISTINCT op FROM event WHERE seq >= $1 AND seq < $2 AND op IS NOT NULL LIMIT 5', [from, below])

/** Intended removals: the cut, and the number of erasures from this index on. */
export const removalsSince = async (store: Source, index: number): Promise<{ cut: number; erased: number }> =>
  (await rowOf(store, "SELECT (SELECT cut FROM head) AS cut, (SELECT count(*) FROM event WHERE kind = 'erased' AND seq >= $1) AS erased", [
    index,
  ]))!
