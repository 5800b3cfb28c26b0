/** State of the schema in a SQLite file: its version, an upgrade, and what somebody changed. */
import type { DatabaseSync } from 'node:sqlite'
import type { Inspection } from '../journal-store.ts'
import { current, isExtended, markByTables, markIn, numberOf, refuseLater, type SchemaMark } from '../version.ts'
import { lookups, schema, steps } from './schema.ts'

const markOf = (db: DatabaseSync): SchemaMark => markIn(Number(db.prepare(lookups.mark).get()!['user_version']))

/** Undefined when the file holds no journal. Throws when it is a later one than we know. */
export const versionOf = (db: DatabaseSync, path: string): number | undefined => {
  if (!db.prepare(lookups.isJournal).get()) return undefined
  const found = markOf(db)
  refuseLater(path, found)
  return found.version > 0 ? found.version : markByTables(db.prepare(lookups.knowsApps).get() !== undefined).version
}

/** False for an earlier version, which a reader cannot read. */
export const isReadable = (version: number): boolean => version >= current.version

/** To be called in a transaction. */
export const upgrade = (db: DatabaseSync, from: number): void => {
  for (const statement of steps.slice(from).flat()) db.exec(statement)
  mark(db)
}

/** The mark is in the header of the file, beside the tables. That of a later service stays. */
const mark = (db: DatabaseSync): void => {
  if (markOf(db).version < current.version) db.exec(`PRAGMA user_version = ${numberOf(current)}`)
}

export const create = (db: DatabaseSync): void => {
  for (const statement of schema) db.exec(statement)
  mark(db)
}

const nameOf = (statement: string): string => /^CREATE (?:UNIQUE )?\w+ (\w+)/.exec(statement)?.[1] ?? statement
const isForSpeed = (statement: string): boolean => statement.startsWith('CREATE INDEX')
/** The table as a later step leaves it: our columns as they are, and others behind them. */
const isWidened = (found: string, statement: string): boolean => {
  const end = statement.lastIndexOf(')')
  return statement.startsWith('CREATE TABLE') && found.startsWith(`${statement.slice(0, end)},`) && found.endsWith(statement.slice(end))
}
const own = new Set(schema.filter((statement) => statement.startsWith('CREATE TABLE')).map(nameOf))

/** Tables and triggers make the log what it is; an index of an operator, or a table of a tool that
 * copies the file, does not. */
export const inspect = (db: DatabaseSync): Inspection => {
  const found = db.prepare(lookups.schema).all() as { type: string; name: string; table: string; sql: string }[]
  const isLater = isExtended(markOf(db))
  const isThere = (sql: string, statement: string): boolean => sql === statement || (isLater && isWidened(sql, statement))
  const widened = found.filter(({ sql }) => !schema.includes(sql) && schema.some((statement) => isThere(sql, statement)))
  const lacks = schema.filter((statement) => !found.some(({ sql }) => isThere(sql, statement)))
  const foreign = found.filter((it) => !schema.includes(it.sql) && !widened.includes(it))
  const changes = ({ type, table }: (typeof found)[number]): boolean => own.has(table) && (type === 'table' || type === 'trigger')
  const broken = db
    .prepare(lookups.broken)
    .all()
    .map(({ integrity_check }) => String(integrity_check))
  return {
    faults: [
      ...lacks.filter((statement) => !isForSpeed(statement)).map((statement) => `the schema lacks: ${statement.slice(0, 60)}…`),
      ...foreign.filter(changes).map(({ sql }) => `not part of the schema: ${sql.slice(0, 60)}…`),
      ...broken.filter((line) => line !== 'ok'),
    ],
    notes: [
      ...lacks.filter(isForSpeed).map((statement) => `the index ${nameOf(statement)} is missing, so reading may be slow`),
      ...widened.map(({ name }) => `the table ${name} has columns of a later version`),
      ...foreign.filter((it) => !changes(it)).map(({ type, name }) => `the ${type} ${name} is not ours`),
    ],
  }
}
