/** Queries of the log itself: head, events, checkpoints, and stored hashes of its tree. */
import { bytesOf, marks, type Question, type Row, type Source } from './source.ts'

/** Of a journal whose table `head` is empty: nothing can be read or written. */
export const headless = 'the journal has lost its head, the row that says where it ends: restore a backup'

export interface TreeHead {
  readonly size: number
  readonly cut: number
  /** The public key in force. */
  readonly key: string
  readonly frontier: Uint8Array
}

export async function treeHead(store: Source): Promise<TreeHead> {
  const [row] = await store.select('SELECT size, cut, key, frontier FROM head')
  if (!row) throw new Error(headless)
  return { size: Number(row!['size']), cut: Number(row!['cut']), key: String(row!['key']), frontier: row!['frontier'] as Uint8Array }
}

export async function latestCheckpoint(store: Source): Promise<string | undefined> {
  const [row] = await store.select('SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1')
  return row && String(row['note'])
}

/** The head and the newest checkpoint at one moment: between two questions others may write. */
export async function logEnd(store: Source): Promise<Pick<TreeHead, 'size' | 'key'> & { readonly note: string | undefined }> {
  const newest = 'SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1'
  const [row] = await store.select(`SELECT size, key, (${newest}) AS note FROM head`)
  return { size: Number(row!['size']), key: String(row!['key']), note: row!['note'] == null ? undefined : String(row!['note']) }
}

/** The checkpoint of a batch that ended at this size. */
export async function checkpointAt(store: Source, size: number): Promise<string | undefined> {
  const { sql, params } = checkpointQuestion(size)
  const [row] = await store.select(sql, params)
  return row && String(row['note'])
}

/** The earliest checkpoint that covers this many events. */
export async function checkpointFrom(store: Source, size: number): Promise<string | undefined> {
  const [row] = await store.select('SELECT note FROM checkpoint WHERE size >= $1 ORDER BY size LIMIT 1', [size])
  return row && String(row['note'])
}

/** The size at the end of the last whole batch within `size`. */
export async function batchEndBefore(store: Source, size: number): Promise<number | undefined> {
  const [row] = await store.select('SELECT max(size) AS size FROM checkpoint WHERE size <= $1', [size])
  return numberIn(row, 'size')
}

export async function nodeAt(store: Source, level: number, position: number): Promise<Buffer | undefined> {
  const [row] = await store.select('SELECT hash FROM node WHERE level = $1 AND position = $2', [level, position])
  return row && Buffer.from(row['hash'] as Uint8Array)
}

export interface EventRow {
  readonly index: number
  readonly body: string
}

const eventRow = (row: Row): EventRow => ({ index: Number(row['seq']), body: String(row['body']) })

/** Events in the order of the log, from an index on. */
export async function eventsFrom(store: Source, index: number, limit = 500, below = Number.MAX_SAFE_INTEGER): Promise<EventRow[]> {
  const rows = await store.select('SELECT seq, body FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq LIMIT $3', [index, below, limit])
  return rows.map(eventRow)
}

/** The same for readers of one app: its own events, and those of the journal as a whole (see
 * `isFor`). */
export async function eventsOfApp(
  store: Source,
  app: string,
  index: number,
  limit: number,
  below = Number.MAX_SAFE_INTEGER,
): Promise<EventRow[]> {
  const some = (which: string): string =>
    `SELECT * FROM (SELECT seq, body FROM event WHERE ${which} AND seq >= $1 AND seq < $2 ORDER BY seq LIMIT $3) AS part`
  const sql = `${some('app = $4')} UNION ALL ${some("app IS NULL AND kind = 'system'")} ORDER BY seq LIMIT $3`
  return (await store.select(sql, [index, below, limit, app])).map(eventRow)
}

export async function eventOf(store: Source, id: string): Promise<EventRow | undefined> {
  const [row] = await store.select('SELECT seq, body FROM event WHERE id = $1', [id])
  return row && eventRow(row)
}

export async function eventsAt(store: Source, indexes: readonly number[]): Promise<EventRow[]> {
  if (indexes.length === 0) return []
  return (await store.select(`SELECT seq, body FROM event WHERE seq IN (${marks(indexes.length)})`, indexes)).map(eventRow)
}

/** Events of the journal as a whole by their actions, in the order of the log. */
export async function systemEvents(store: Source, ...actions: string[]): Promise<(EventRow & { readonly id: string })[]> {
  const sql = `SELECT seq, id, body FROM event WHERE kind = 'system' AND action IN (${marks(actions.length)}) ORDER BY seq`
  return (await store.select(sql, actions)).map((row) => ({ ...eventRow(row), id: String(row['id']) }))
}

export async function latestSystemEvent(store: Source, action: string): Promise<EventRow | undefined> {
  const [row] = await store.select("SELECT seq, body FROM event WHERE kind = 'system' AND action = $1 ORDER BY seq DESC LIMIT 1", [action])
  return row && eventRow(row)
}

export interface StoredBytes {
  readonly index: number
  readonly bytes: Uint8Array
}

const storedBytes = (row: Row): StoredBytes => ({ index: Number(row['seq']), bytes: row['bytes'] as Uint8Array })

export async function bytesBetween(store: Source, from: number, below: number): Promise<StoredBytes[]> {
  const sql = `SELECT seq, ${bytesOf(store)} AS bytes FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq`
  return (await store.select(sql, [from, below])).map(storedBytes)
}

export async function bytesOfEvent(store: Source, id: string): Promise<StoredBytes | undefined> {
  const [row] = await store.select(`SELECT seq, ${bytesOf(store)} AS bytes FROM event WHERE id = $1`, [id])
  return row && storedBytes(row)
}

/** The time of the newest event, by the clock of who wrote it. */
export async function latestTime(store: Source): Promise<string | undefined> {
  const [row] = await store.select('SELECT time FROM event ORDER BY seq DESC LIMIT 1')
  return row && String(row['time'])
}

/** The highest time of an event, whatever its place. */
export async function latestMoment(store: Source): Promise<string | undefined> {
  const [row] = await store.select('SELECT max(time) AS time FROM event')
  return row?.['time'] == null ? undefined : String(row['time'])
}

/** The index of the earliest event since this time; clocks differ, so later ones may have lower
 * times. */
export const earliestSince = (store: Source, time: string): Promise<number | undefined> =>
  indexOf(store, 'SELECT seq FROM event WHERE time >= $1 ORDER BY time, seq LIMIT 1', time)

export const latestUntil = (store: Source, time: string): Promise<number | undefined> =>
  indexOf(store, 'SELECT seq FROM event WHERE time <= $1 ORDER BY time DESC, seq DESC LIMIT 1', time)

/** The lowest index of an event since this time. */
export const lowestSince = (store: Source, time: string): Promise<number | undefined> =>
  indexOf(store, 'SELECT min(seq) AS seq FROM event WHERE time >= $1', time)

const indexOf = async (store: Source, sql: string, time: string): Promise<number | undefined> =>
  numberIn((await store.select(sql, [time]))[0], 'seq')

const numberIn = (row: Row | undefined, column: string): number | undefined => {
  const value = row?.[column] ?? undefined
  return value === undefined ? undefined : Number(value)
}

/** Asked inside the lock of a commit, on the store's own connection. */
export const checkpointQuestion = (size: number): Question => ({ sql: 'SELECT note FROM checkpoint WHERE size = $1', params: [size] })

export const idsQuestion = (ids: readonly string[]): Question => ({
  sql: `SELECT id, seq FROM event WHERE id IN (${marks(ids.length)})`,
  params: ids,
})
