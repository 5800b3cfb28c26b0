/** One connection that reads the journal's SQLite file, and the checks of every opening. A reading
 * thread loads no more: the code for writing takes another 2 MB and 40 ms of processor. */
import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { commandWords } from '../../../platform/command-words.ts'
import type { Inspection, StoreOptions } from '../journal-store.ts'
import { headless } from '../queries/log.ts'
import type { Row, Rows, Value } from '../queries/source.ts'
import { toRead } from './connection.ts'
import { lookups } from './schema.ts'
import { inspect, isReadable, versionOf } from './schema-state.ts'

// NFS, CIFS, SMB, SMB2, Ceph, Lustre, AFS, 9p: without the locks and shared memory that WAL needs.
const networkTypes = new Set([0x6969, 0xff534d42, 0x517b, 0xfe534d42, 0x00c36400, 0x0bd00bd0, 0x5346414f, 0x01021997])

export function refuseNetwork(type: number): void {
  if (networkTypes.has(type >>> 0)) throw new Error('the journal cannot stand on a network file system; use a local disk, or PostgreSQL')
}

/** What a reader may ask of a file. */
export interface ReadableFile extends Identity {
  /** The public key that the log says is in force. */
  readonly key: string
  select(sql: string, params: readonly Value[]): Rows
  inspect(): Inspection
  close(): void
}

export interface Identity {
  readonly journal: string
  readonly inode: number
}

export interface FileOptions extends StoreOptions {
  readonly path: string
  readonly readOnly?: boolean
  /** True for a thread of low priority. */
  readonly background?: boolean
  /** When reopening: only this journal in this file is accepted, and none is created. */
  readonly mustBe?: Identity | undefined
  /** Largest size, in pages of 4 KB. */
  readonly maxPages?: number
}

export const sizeOf = (name: string): number => statSync(name, { throwIfNoEntry: false })?.size ?? 0

/** Before SQLite would delete a write-ahead log beside an empty file, or apply a foreign one. */
export const checkPlace = ({ path, mustBe }: FileOptions): void => {
  refuseNetwork(statfsSync(dirname(path)).type)
  if (mustBe && statSync(path, { throwIfNoEntry: false })?.ino !== mustBe.inode) throw new Error(`${path} was removed or replaced`)
  if (sizeOf(path) === 0 && sizeOf(`${path}-wal`) > 0)
    throw new Error(`${path} is empty or gone, but its write-ahead log is there: put the file back`)
}

export const statementsOn = (db: DatabaseSync) => {
  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = prepared.get(sql)
    if (known) return known
    const made = db.prepare(sql.replaceAll(/\$(\d+)/g, '?$1'))
    // Bounded: each length of an IN list is a statement.
    if (prepared.size > 300) prepared.clear()
    prepared.set(sql, made)
    return made
  }
  return {
    prepare,
    select: (sql: string, params: readonly Value[]): Rows =>
      prepare(sql).all(...(params as Parameters<StatementSync['all']>)) as unknown as Rows,
  }
}

/** Throws when another journal than the known one stands in the file. */
export const requireKnown = (journal: string, { mustBe }: FileOptions): void => {
  if (mustBe && journal !== mustBe.journal) throw new Error(`another journal (${journal}) stands in the place of ${mustBe.journal}`)
}

const requireReadable = (db: DatabaseSync, path: string): void => {
  const version = versionOf(db, path)
  if (version === undefined) throw new Error(`${path} holds no journal`)
  if (!isReadable(version))
    throw new Error(
      `${path} was made by an earlier version: start the service on it, or run ${commandWords('journal', 'init')}, which adds what it lacks`,
    )
}

export function openToRead(options: FileOptions): ReadableFile {
  const { path } = options
  checkPlace(options)
  const { db, close } = toRead(path)
  try {
    requireReadable(db, path)
    const { prepare, select } = statementsOn(db)
    const head = prepare(lookups.head).get() as Row | undefined
    if (!head) throw new Error(headless)
    const [journal, key] = [String(head['journal']), String(head['key'])]
    requireKnown(journal, options)
    return { journal, inode: statSync(path).ino, key, select, inspect: () => inspect(db), close }
  } catch (error) {
    close()
    throw error
  }
}
