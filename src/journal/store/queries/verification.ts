/** Queries of a verification: rows of every table as stored, page by page. */
import { bytesOf, marks, type Row, type Source, type Value } from './source.ts'

export interface RawEvent {
  readonly index: number
  readonly bytes: Uint8Array
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
  // Only in PostgreSQL: SQLite computes the columns from the body, and inspect() compares its
  // indexes.
  const columns = store.kind === 'postgres' ? ', id, op, kind, action, time, actor, key, ticket, app' : ''
  const [rows, notes] = await Promise.all([
    store.select(`SELECT seq, ${bytesOf(store)} AS bytes${columns} FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq`, [from, to]),
    store.select('SELECT size, note FROM checkpoint WHERE size > $1 AND size <= $2', [from, to]),
  ])
  return {
    from,
    to,
    events: rows.map(({ seq, bytes, ...columns }) => ({ index: Number(seq), bytes: bytes as Uint8Array, columns })),
    notes: new Map(notes.map((row) => [Number(row['size']), String(row['note'])])),
  }
}

export async function targetsBetween(store: Source, from: number, below: number): Promise<{ index: number; token: string }[]> {
  const rows = await store.select('SELECT token, seq FROM target WHERE seq >= $1 AND seq < $2', [from, below])
  return rows.map((row) => ({ index: Number(row['seq']), token: String(row['token']) }))
}

export interface RawOperation {
  readonly index: number
  readonly id: string
  readonly state: Value
  readonly app: Value
}

export async function operationsBetween(store: Source, from: number, below: number): Promise<RawOperation[]> {
  const rows = await store.select('SELECT op, seq, state, app FROM operation WHERE seq >= $1 AND seq < $2', [from, below])
  return rows.map((row) => ({ index: Number(row['seq']), id: String(row['op']), state: row['state']!, app: row['app']! }))
}

/** Index of the first event of each operation, by id. */
export async function beginningsOf(store: Source, operations: readonly string[]): Promise<[id: string, index: number][]> {
  const rows = await store.select(`SELECT op, min(seq) AS seq FROM event WHERE op IN (${marks(operations.length)}) GROUP BY op`, operations)
  return rows.map((row) => [String(row['op']), Number(row['seq'])])
}

const countIn = (row: Row | undefined, column: string): number => Number(row![column])

/** An event that has a sealed part but is not in the log. */
export async function eventOfOrphan(store: Source): Promise<string | undefined> {
  const [row] = await store.select('SELECT event FROM snapshot WHERE event NOT IN (SELECT id FROM event) LIMIT 1')
  return row && String(row['event'])
}

export async function allNodes(store: Source): Promise<{ level: number; position: number; hash: Uint8Array }[]> {
  const rows = await store.select('SELECT level, position, hash FROM node')
  return rows.map((row) => ({ level: Number(row['level']), position: Number(row['position']), hash: row['hash'] as Uint8Array }))
}

/** The size in the head, and how many rows stand outside of the log, all at one moment. */
export async function rowsOutside(store: Source): Promise<Record<'size' | 'beyond' | 'below' | 'operations' | 'targets', number>> {
  const rows = (table: string, where: string): string => `(SELECT count(*) FROM ${table} WHERE ${where})`
  const [row] = await store.select(
    `SELECT h.size, ${rows('event', 'seq >= h.size')} + ${rows('checkpoint c', 'c.size > h.size')} AS beyond,
     ${rows('event', 'seq < h.cut')} + ${rows('checkpoint c', 'c.size < h.cut OR c.size < 1')} AS below,
     ${rows('operation', 'seq < h.cut OR seq >= h.size')} AS operations, ${rows('target', 'seq < h.cut OR seq >= h.size')} AS targets FROM head h`,
  )
  const count = (name: string): number => countIn(row, name)
  return { size: count('size'), beyond: count('beyond'), below: count('below'), operations: count('operations'), targets: count('targets') }
}

/** One above the index of the last event that is there. */
export async function endOfEvents(store: Source): Promise<number> {
  const [row] = await store.select('SELECT coalesce(max(seq), -1) AS last FROM event')
  return countIn(row, 'last') + 1
}

export async function erasedEvents(store: Source): Promise<{ index: number; bytes: Uint8Array }[]> {
  const rows = await store.select(
    `SELECT seq, ${bytesOf(store)} AS bytes FROM event WHERE kind = 'erased' AND seq >= (SELECT cut FROM head) ORDER BY seq`,
  )
  return rows.map((row) => ({ index: Number(row['seq']), bytes: row['bytes'] as Uint8Array }))
}

/** True when an event from this index on holds the pseudonym. */
export async function isNamedSince(store: Source, index: number, pseudonym: string): Promise<boolean> {
  const rows = await store.select('SELECT 1 AS one FROM event WHERE seq >= $1 AND body LIKE $2 LIMIT 1', [index, `%"${pseudonym}"%`])
  return rows.length > 0
}

/** Ids of the operations with events between these indexes, by the columns: a body may be damaged. */
export async function operationsWithin(store: Source, from: number, below: number): Promise<string[]> {
  const rows = await store.select('SELECT DISTINCT op FROM event WHERE seq >= $1 AND seq < $2 AND op IS NOT NULL LIMIT 5', [from, below])
  return rows.map((row) => String(row['op']))
}

/** Intended removals: the cut, and the number of erasures from this index on. */
export async function removalsSince(store: Source, index: number): Promise<{ cut: number; erased: number }> {
  const [row] = await store.select(
    "SELECT (SELECT cut FROM head) AS cut, (SELECT count(*) FROM event WHERE kind = 'erased' AND seq >= $1) AS erased",
    [index],
  )
  return { cut: countIn(row, 'cut'), erased: countIn(row, 'erased') }
}
