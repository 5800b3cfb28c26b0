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

export async function operationsBelow(store: Source, cut: number): Promise<number> {
  return countIn((await store.select('SELECT count(*) AS n FROM operation WHERE seq < $1', [cut]))[0], 'n')
}

/** An event that has a sealed part but is not in the log. */
export async function eventOfOrphan(store: Source): Promise<string | undefined> {
  const [row] = await store.select('SELECT event FROM snapshot WHERE event NOT IN (SELECT id FROM event) LIMIT 1')
  return row && String(row['event'])
}

export async function allNodes(store: Source): Promise<{ level: number; position: number; hash: Uint8Array }[]> {
  const rows = await store.select('SELECT level, position, hash FROM node')
  return rows.map((row) => ({ level: Number(row['level']), position: Number(row['position']), hash: row['hash'] as Uint8Array }))
}

/** The size in the head, and the number of rows beyond it. */
export async function beyondHead(store: Source): Promise<{ size: number; events: number; notes: number }> {
  const [row] = await store.select(
    'SELECT (SELECT size FROM head) AS size, (SELECT count(*) FROM event WHERE seq >= (SELECT size FROM head)) AS events, (SELECT count(*) FROM checkpoint WHERE size > (SELECT size FROM head)) AS notes',
  )
  return { size: countIn(row, 'size'), events: countIn(row, 'events'), notes: countIn(row, 'notes') }
}

/** Intended removals: the cut, and the number of erasures from this index on. */
export async function removalsSince(store: Source, index: number): Promise<{ cut: number; erased: number }> {
  const [row] = await store.select(
    "SELECT (SELECT cut FROM head) AS cut, (SELECT count(*) FROM event WHERE kind = 'erased' AND seq >= $1) AS erased",
    [index],
  )
  return { cut: countIn(row, 'cut'), erased: countIn(row, 'erased') }
}
