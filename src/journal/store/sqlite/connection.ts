/** A connection to the journal's file: to write, or to read, also where nothing can be written. */
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

export interface Connection {
  readonly db: DatabaseSync
  close(): void
}

/** How long another writer is waited for. */
const busyMs = 1_500

/** Another connection writes or recovers; higher bits of the code tell the kind of BUSY. */
export const isBusy = (error: unknown): boolean => ((error as { errcode?: number }).errcode ?? 0) % 256 === 5

const settings =
  'PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON'

/** `first`: what shows whether it is a database at all; a file that fails is closed. */
const open = (path: string | URL, readOnly: boolean, first: (db: DatabaseSync) => unknown = () => undefined): DatabaseSync => {
  const db = new DatabaseSync(path, { readOnly, timeout: busyMs, defensive: true })
  try {
    db.exec(settings)
    first(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

export const toWrite = (path: string): Connection => {
  const db = open(path, false, (it) => it.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 1000'))
  return { db, close: () => db.close() }
}

/** Asked again each 2 ms: SQLite itself asks ten times a second in the end, and may find another
 * writer, who makes no pause, each time. */
const lock = (db: DatabaseSync): void => {
  const until = performance.now() + busyMs
  db.exec('PRAGMA busy_timeout = 2')
  try {
    for (;;)
      try {
        db.exec('BEGIN IMMEDIATE')
        return
      } catch (error) {
        if (!isBusy(error) || performance.now() > until) throw error
      }
  } finally {
    db.exec(`PRAGMA busy_timeout = ${busyMs}`)
  }
}

export const transaction = <T>(db: DatabaseSync, work: () => T): T => {
  lock(db)
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

export const toRead = (path: string): Connection => {
  // SQLite makes both files even to read; with content, a writer is active or was cut off.
  const inUse = ['-wal', '-shm'].some((end) => {
    const file = statSync(`${path}${end}`, { throwIfNoEntry: false })
    return file?.isFile() && file.size > 0
  })
  try {
    const db = open(path, true, peekAt)
    return {
      db,
      close: () => {
        db.close()
        if (!inUse) tidy(path)
      },
    }
  } catch (error) {
    if (inUse) throw error
    // Where they cannot be made (a full or read-only disk), all stands in the file alone.
    const db = open(Object.assign(pathToFileURL(path), { search: '?immutable=1' }), true)
    return { db, close: () => db.close() }
  }
}

/** The first query opens the file. */
const peekAt = (db: DatabaseSync): unknown => db.prepare('SELECT 1 FROM sqlite_schema').get()

/** Removes both files, as a last writer does at its close; a reader leaves them. */
const tidy = (path: string): void => {
  try {
    using db = new DatabaseSync(path)
    peekAt(db)
  } catch {}
}

/** Whether a writer would get in within these milliseconds; throws otherwise, writes nothing. */
export const tryWriteLock = (path: string, timeout: number): void => {
  using db = new DatabaseSync(path, { timeout })
  db.exec('BEGIN IMMEDIATE; ROLLBACK')
}
