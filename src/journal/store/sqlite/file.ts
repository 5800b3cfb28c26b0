/** One connection to the journal's SQLite file: opening, append transaction, erasure, pruning.
 * Synchronous, so it runs in a worker. */
import { closeSync, existsSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SQLInputValue, StatementSync } from 'node:sqlite'
import { commandWords } from '../../../platform/command-words.ts'
import {
  type Batch,
  type Committed,
  decide,
  type Entry,
  extend,
  genesis,
  type Head,
  type Inspection,
  keyAfter,
  keyInForce,
  noFacts,
  packFrontier,
  questions,
  type StoreOptions,
  unpackFrontier,
} from '../journal-store.ts'
import type { Row, Rows, Value } from '../queries/source.ts'
import { busyMilliseconds, toRead, toWrite } from './connection.ts'
import { erasures, lookups, removals, statements } from './schema.ts'
import { create, inspect, isReadable, upgrade, versionOf } from './schema-state.ts'

// NFS, CIFS, SMB, SMB2, Ceph, Lustre, AFS, 9p: without the locks and shared memory that WAL needs.
const NETWORK = new Set([0x6969, 0xff534d42, 0x517b, 0xfe534d42, 0x00c36400, 0x0bd00bd0, 0x5346414f, 0x01021997])

export function refuseNetwork(type: number): void {
  if (NETWORK.has(type >>> 0)) throw new Error('the journal cannot stand on a network file system; use a local disk, or PostgreSQL')
}

export interface File {
  readonly journal: string
  readonly inode: number
  commit(entries: readonly Entry[], after?: string): Committed
  select(sql: string, params: readonly Value[]): Rows
  erase(tokens: readonly string[]): { subjects: number; parts: number }
  expire(now: number): number
  prune(cut: number, nodes: Batch['nodes']): number
  backup(path: string): void
  inspect(): Inspection
  close(): void
}

export interface FileOptions extends StoreOptions {
  readonly path: string
  readonly readOnly?: boolean
  /** True for a thread of low priority. */
  readonly background?: boolean
  /** When reopening: only this journal in this file is accepted, and none is created. */
  readonly mustBe?: { readonly journal: string; readonly inode: number } | undefined
  /** Largest size, in pages of 4 KB. */
  readonly maxPages?: number
}

/** Another connection writes, or recovers the file after a crash: the kind of BUSY stands in the
 * higher bits of the code. */
export const isBusy = (error: unknown): boolean => ((error as { errcode?: number }).errcode ?? 0) % 256 === 5

export function openFile({ path, keys, readOnly = false, mustBe, maxPages }: FileOptions): File {
  if (!readOnly) mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  refuseNetwork(statfsSync(dirname(path)).type)
  const size = (name: string): number => statSync(name, { throwIfNoEntry: false })?.size ?? 0
  // Checked before SQLite opens it: it would delete a write-ahead log beside an empty file, or
  // apply it to a foreign one.
  if (mustBe && statSync(path, { throwIfNoEntry: false })?.ino !== mustBe.inode) throw new Error(`${path} was removed or replaced`)
  if (size(path) === 0 && size(`${path}-wal`) > 0)
    throw new Error(`${path} is empty or gone, but its write-ahead log is there: put the file back`)
  if (!readOnly && size(path) === 0 && existsSync(`${path}-living`))
    throw new Error(
      `${path} is ${existsSync(path) ? 'empty' : 'gone'}, but there was a journal here: put it back, or remove ${path}-living to begin a new one`,
    )
  // Created with mode 0600 first: SQLite would let the group read it.
  if (!readOnly && !existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  const { db, close } = readOnly ? toRead(path) : toWrite(path)
  if (maxPages) db.exec(`PRAGMA max_page_count = ${maxPages}`)

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
  const run = (sql: string, ...params: SQLInputValue[]): number => Number(prepare(sql).run(...params).changes)
  const select = (sql: string, params: readonly Value[]): Rows => prepare(sql).all(...(params as SQLInputValue[])) as unknown as Rows
  /** Asked again each 2 ms: SQLite itself asks ten times a second in the end, and may find another
   * writer, who makes no pause, each time. */
  const lock = (): void => {
    const until = performance.now() + busyMilliseconds
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
      db.exec(`PRAGMA busy_timeout = ${busyMilliseconds}`)
    }
  }
  const transaction = <T>(work: () => T): T => {
    lock()
    try {
      const result = work()
      db.exec('COMMIT')
      return result
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  }

  const write = (batch: Batch): void => {
    batch.entries.forEach(({ event, body, tokens, parts, subjects }, at) => {
      const seq = batch.first + at
      run(statements.event, seq, body)
      for (const token of tokens) run(statements.target, token, seq)
      for (const { part, expires, salt, sealed } of parts) run(statements.part, event.id, part, expires, salt, sealed)
      for (const { pseudonym, lookup, sealed } of subjects) run(statements.name, pseudonym, lookup, sealed)
    })
    for (const [op, { seq, state }] of batch.operations) run(statements.operation, seq, op, state)
    for (const { level, position, hash } of batch.nodes) run(statements.node, level, position, hash)
    if (batch.note) run(statements.checkpoint, batch.head.size, batch.note)
  }

  const open = (): void => {
    const version = versionOf(db, path)
    if (readOnly && version === undefined) throw new Error(`${path} holds no journal`)
    if (readOnly && !isReadable(version!))
      throw new Error(
        `${path} was made by an earlier version: start the service on it, or run ${commandWords('journal', 'init')}, which adds what it lacks`,
      )
    if (!readOnly) transaction(prepareFile)
  }
  const prepareFile = (): void => {
    const version = versionOf(db, path)
    if (version !== undefined) {
      upgrade(db, version)
      return
    }
    if (mustBe) throw new Error(`${path} holds no journal any more`)
    create(db)
    const { journal, key, batch } = genesis(keys[0]!)
    write(batch)
    run(statements.firstHead, journal, batch.head.size, packFrontier(batch.head.hashes), key)
  }
  try {
    open()
  } catch (error) {
    close()
    throw error
  }
  const readHead = (): Head & { journal: string; key: string } => {
    const row = prepare(lookups.head).get() as Row
    return {
      journal: String(row['journal']),
      size: Number(row['size']),
      hashes: unpackFrontier(row['frontier'] as Uint8Array),
      cut: Number(row['cut']),
      key: String(row['key']),
    }
  }
  const { journal, key } = readHead()
  if (mustBe && journal !== mustBe.journal) throw new Error(`another journal (${journal}) stands in the place of ${mustBe.journal}`)
  if (keys.length > 0) keyInForce(keys, key)

  const opened = [path, `${path}-wal`].map((name) => ({ name, inode: existsSync(name) ? statSync(name).ino : undefined }))
  /** Throws when the file was unlinked or replaced: writes would be lost. */
  const sameFiles = (): void => {
    for (const { name, inode } of opened)
      if (inode !== undefined && statSync(name, { throwIfNoEntry: false })?.ino !== inode)
        throw new Error(`${name} was removed or replaced`)
  }

  return {
    journal,
    inode: statSync(path).ino,
    select,
    commit: (entries, after) => {
      sameFiles()
      return transaction(() => {
        const head = readHead()
        const facts = noFacts()
        for (const { sql, params, into } of questions(entries, after)) for (const row of select(sql, params)) into(facts, row)
        const { accepted, results, changed } = decide(entries, head, facts, after)
        const batch = extend(journal, head, accepted, changed, keyInForce(keys, head.key))
        write(batch)
        if (batch.note) run(statements.head, batch.head.size, packFrontier(batch.head.hashes), keyAfter(accepted, head.key))
        return { results, size: batch.head.size, ...(batch.note !== undefined && { note: batch.note }) }
      })
    },
    erase: (tokens) => {
      const { parts, subjects } = erasures(tokens.length)
      const gone = transaction(() => ({ parts: run(parts, ...tokens, ...tokens, ...tokens), subjects: run(subjects, ...tokens) }))
      truncate()
      return gone
    },
    expire: (now) => {
      const gone = transaction(() => run(statements.expire, now))
      if (gone > 0) truncate()
      return gone
    },
    prune: (cut, nodes) =>
      transaction(() => {
        for (const { level, position, hash } of nodes) run(statements.keptNode, level, position, hash)
        run(statements.cut, cut)
        return removals.map((statement) => run(statement, cut)).at(-1)!
      }),
    backup: (to) => {
      // Created with mode 0600 first: SQLite would let the group read it.
      closeSync(openSync(to, 'wx', 0o600))
      db.prepare('VACUUM INTO ?').run(to)
    },
    inspect: () => inspect(db),
    close,
  }

  /** Empties the write-ahead log, where deleted rows could still be read. */
  function truncate(): void {
    const [row] = select('PRAGMA wal_checkpoint(TRUNCATE)', [])
    if (row?.['busy']) throw new Error('deleted rows still stand in the write-ahead log: a reader holds it; run the command again')
  }
}
