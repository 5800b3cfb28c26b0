/** Queries of the log itself: head, events, checkpoints, and stored hashes of its tree. */
import { bytesOf, fieldOf, marks, type Question, rowOf, rowsOf, type Source } from './source.ts'

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
  const head = await rowOf<TreeHead>(store, 'SELECT size, cut, key, frontier FROM head')
  if (!head) throw new Error(headless)
  return head
}

const newest = 'SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1'

export const latestCheckpoint = (store: Source): Promise<string | undefined> => fieldOf(store, newest)

/** The head and the newest checkpoint at one moment: between two questions others may write. */
export const logEnd = async (store: Source): Promise<Pick<TreeHead, 'size' | 'key'> & { readonly note: string | null }> =>
  (await rowOf(store, `SELECT size, key, (${newest}) AS note FROM head`))!

/** The checkpoint of a batch that ended at this size. */
export const checkpointAt = (store: Source, size: number): Promise<string | undefined> => {
  const { sql, params } = checkpointQuestion(size)
  return fieldOf(store, sql, params)
}

/** The earliest checkpoint that covers this many events. */
export const checkpointFrom = (store: Source, size: number): Promise<string | undefined> =>
  fieldOf(store, 'SELECT note FROM checkpoint WHERE size >= $1 ORDER BY size LIMIT 1', [size])

/** The size at the end of the last whole batch within `size`. */
export const batchEndBefore = (store: Source, size: number): Promise<number | undefined> =>
  fieldOf(store, 'SELECT max(size) FROM checkpoint WHERE size <= $1', [size])

export async function nodeAt(store: Source, level: number, position: number): Promise<Buffer | undefined> {
  const hash = await fieldOf<Uint8Array>(store, 'SELECT hash FROM node WHERE level = $1 AND position = $2', [level, position])
  return hash && Buffer.from(hash)
}

export interface EventRow {
  readonly index: number
  readonly body: string
}

const event = 'SELECT seq AS "index", body FROM event'

/** Events in the order of the log, from an index on. */
export const eventsFrom = (store: Source, index: number, limit = 500, below = Number.MAX_SAFE_INTEGER): Promise<EventRow[]> =>
  rowsOf(store, `${event} WHERE seq >= $1 AND seq < $2 ORDER BY seq LIMIT $3`, [index, below, limit])

/** For readers of one app: its own events, and those of the whole journal (see `isFor`). */
export function eventsOfApp(
  store: Source,
  app: string,
  index: number,
  limit: number,
  below = Number.MAX_SAFE_INTEGER,
): Promise<EventRow[]> {
  const some = (which: string): string => `SELECT * FROM (${event} WHERE ${which} AND seq >= $1 AND seq < $2 ORDER BY seq LIMIT $3) AS part`
  const sql = `${some('app = $4')} UNION ALL ${some("app IS NULL AND kind = 'system'")} ORDER BY "index" LIMIT $3`
  return rowsOf(store, sql, [index, below, limit, app])
}

export const eventOf = (store: Source, id: string): Promise<EventRow | undefined> => rowOf(store, `${event} WHERE id = $1`, [id])

export const eventsAt = async (store: Source, indexes: readonly number[]): Promise<EventRow[]> =>
  indexes.length === 0 ? [] : await rowsOf(store, `${event} WHERE seq IN (${marks(indexes.length)})`, indexes)

/** Events of the journal as a whole by their actions, in the order of the log. */
export const systemEvents = (store: Source, ...actions: string[]): Promise<(EventRow & { readonly id: string })[]> =>
  rowsOf(
    store,
    `SELECT seq AS "index", id, body FROM event WHERE kind = 'system' AND action IN (${marks(actions.length)}) ORDER BY seq`,
    actions,
  )

export const latestSystemEvent = (store: Source, action: string): Promise<EventRow | undefined> =>
  rowOf(store, `${event} WHERE kind = 'system' AND action = $1 ORDER BY seq DESC LIMIT 1`, [action])

export interface StoredBytes {
  readonly index: number
  readonly bytes: Uint8Array
}

const storedBytes = (store: Source): string => `SELECT seq AS "index", ${bytesOf(store)} AS bytes FROM event`

export const bytesBetween = (store: Source, from: number, below: number): Promise<StoredBytes[]> =>
  rowsOf(store, `${storedBytes(store)} WHERE seq >= $1 AND seq < $2 ORDER BY seq`, [from, below])

export const bytesOfEvent = (store: Source, id: string): Promise<StoredBytes | undefined> =>
  rowOf(store, `${storedBytes(store)} WHERE id = $1`, [id])

/** The time of the newest event, by the clock of who wrote it. */
export const latestTime = (store: Source): Promise<string | undefined> => fieldOf(store, 'SELECT time FROM event ORDER BY seq DESC LIMIT 1')

/** The highest time of an event, whatever its place. */
export const latestMoment = (store: Source): Promise<string | undefined> => fieldOf(store, 'SELECT max(time) FROM event')

/** The index of the earliest event since then; clocks differ, so later ones may be older. */
export const earliestSince = (store: Source, time: string): Promise<number | undefined> =>
  fieldOf(store, 'SELECT seq FROM event WHERE time >= $1 ORDER BY time, seq LIMIT 1', [time])

export const latestUntil = (store: Source, time: string): Promise<number | undefined> =>
  fieldOf(store, 'SELECT seq FROM event WHERE time <= $1 ORDER BY time DESC, seq DESC LIMIT 1', [time])

/** The lowest index of an event since this time. */
export const lowestSince = (store: Source, time: string): Promise<number | undefined> =>
  fieldOf(store, 'SELECT min(seq) FROM event WHERE time >= $1', [time])

/** Asked inside the lock of a commit, on the store's own connection. */
export const checkpointQuestion = (size: number): Question => ({ sql: 'SELECT note FROM checkpoint WHERE size = $1', params: [size] })

export const idsQuestion = (ids: readonly string[]): Question => ({
  sql: `SELECT id, seq FROM event WHERE id IN (${marks(ids.length)})`,
  params: ids,
})
