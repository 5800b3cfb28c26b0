/** One connection that writes the journal's SQLite file: opening, append transaction, erasure,
 * pruning. Synchronous, so it runs in a worker. */
import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import {
  type Batch,
  type Committed,
  decide,
  type Entry,
  extend,
  genesis,
  type Head,
  keyAfter,
  keyInForce,
  noFacts,
  packFrontier,
  questions,
  unpackFrontier,
} from '../journal-store.ts'
import { headless } from '../queries/log.ts'
import type { Row } from '../queries/source.ts'
import { type Connection, toWrite, transaction } from './connection.ts'
import { checkPlace, type FileOptions, openToRead, type ReadableFile, requireKnown, sizeOf, statementsOn } from './reading.ts'
import { erasures, lookups, removals, statements } from './schema.ts'
import { create, inspect, upgrade, versionOf } from './schema-state.ts'

/** What a writer may ask of a file. */
export interface File extends ReadableFile {
  commit(entries: readonly Entry[], after?: string): Committed
  erase(tokens: readonly string[]): { subjects: number; parts: number }
  expire(now: number): number
  prune(cut: number, nodes: Batch['nodes']): number
  backup(path: string): void
}

/** To read, with the keys checked, or to write. */
export function openFile(options: FileOptions): File | ReadableFile {
  if (!options.readOnly) return openToWrite(options)
  const file = openToRead(options)
  try {
    if (options.keys.length > 0) keyInForce(options.keys, file.key)
    return file
  } catch (error) {
    file.close()
    throw error
  }
}

function openToWrite(options: FileOptions): File {
  const { path, maxPages } = options
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  checkPlace(options)
  if (sizeOf(path) === 0 && existsSync(`${path}-living`))
    throw new Error(
      `${path} is ${existsSync(path) ? 'empty' : 'gone'}, but there was a journal here: put it back, or remove ${path}-living to begin a new one`,
    )
  // Created with mode 0600 first: SQLite would let the group read it.
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  const connection = toWrite(path)
  try {
    if (maxPages) connection.db.exec(`PRAGMA max_page_count = ${maxPages}`)
    return fileOn(connection, options)
  } catch (error) {
    connection.close()
    throw error
  }
}

/** What is read and written of the tables. */
const tablesOn = (db: DatabaseSync) => {
  const { prepare, select } = statementsOn(db)
  const run = (sql: string, ...params: SQLInputValue[]): number => Number(prepare(sql).run(...params).changes)
  return {
    run,
    select,
    write: (batch: Batch): void => {
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
    },
    readHead: (): Head & { journal: string; key: string } => {
      const row = prepare(lookups.head).get() as Row | undefined
      if (!row) throw new Error(headless)
      return {
        journal: String(row['journal']),
        size: Number(row['size']),
        hashes: unpackFrontier(row['frontier'] as Uint8Array),
        cut: Number(row['cut']),
        key: String(row['key']),
      }
    },
    /** Empties the write-ahead log, where deleted rows could still be read. */
    truncate: (): void => {
      const [row] = select('PRAGMA wal_checkpoint(TRUNCATE)', [])
      if (row?.['busy']) throw new Error('deleted rows still stand in the write-ahead log: a reader holds it; run the command again')
    },
  }
}

type Tables = ReturnType<typeof tablesOn>

/** The tables as this version has them, and in a new file the first event. */
const prepareFile = (db: DatabaseSync, { run, write }: Tables, { path, keys, mustBe }: FileOptions): void => {
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

/** Throws when a file was unlinked or replaced since: writes would be lost. */
const sameFilesAs = (path: string): (() => void) => {
  const opened = [path, `${path}-wal`].map((name) => ({ name, inode: existsSync(name) ? statSync(name).ino : undefined }))
  return () => {
    for (const { name, inode } of opened)
      if (inode !== undefined && statSync(name, { throwIfNoEntry: false })?.ino !== inode)
        throw new Error(`${name} was removed or replaced`)
  }
}

const fileOn = ({ db, close }: Connection, options: FileOptions): File => {
  const { path, keys } = options
  const tables = tablesOn(db)
  const { run, select, readHead } = tables
  transaction(db, () => prepareFile(db, tables, options))
  const { journal, key } = readHead()
  requireKnown(journal, options)
  if (keys.length > 0) keyInForce(keys, key)
  const sameFiles = sameFilesAs(path)

  return {
    journal,
    inode: statSync(path).ino,
    key,
    select,
    commit: (entries, after) => {
      sameFiles()
      return transaction(db, () => {
        const head = readHead()
        const facts = noFacts()
        for (const { sql, params, into } of questions(entries, after)) for (const row of select(sql, params)) into(facts, row)
        const { accepted, results, changed } = decide(entries, head, facts, after)
        const batch = extend(journal, head, accepted, changed, keyInForce(keys, head.key))
        tables.write(batch)
        if (batch.note) run(statements.head, batch.head.size, packFrontier(batch.head.hashes), keyAfter(accepted, head.key))
        return { results, size: batch.head.size, ...(batch.note !== undefined && { note: batch.note }) }
      })
    },
    erase: (tokens) => {
      const { parts, subjects } = erasures(tokens.length)
      const gone = transaction(db, () => ({ parts: run(parts, ...tokens, ...tokens, ...tokens), subjects: run(subjects, ...tokens) }))
      tables.truncate()
      return gone
    },
    expire: (now) => {
      const gone = transaction(db, () => run(statements.expire, now))
      if (gone > 0) tables.truncate()
      return gone
    },
    prune: (cut, nodes) =>
      transaction(db, () => {
        for (const { level, position, hash } of nodes) run(statements.keptNode, level, position, hash)
        run(statements.cut, cut)
        return removals.map((statement) => run(statement, cut)).at(-1)!
      }),
    backup: (to) => void db.prepare('VACUUM INTO ?').run(to),
    inspect: () => inspect(db),
    close,
  }
}
