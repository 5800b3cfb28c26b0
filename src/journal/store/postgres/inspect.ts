/** TABLE: what of the schema makes the log what it is, and the look whether somebody changed it. An
 * index of an operator, or a table of theirs, does not. */
import type { Inspection } from '../journal-store.ts'
import type { Source } from '../queries/source.ts'
import { isExtended } from '../version.ts'
import { createSchema } from './schema.ts'
import { presenceIn } from './schema-state.ts'

/** Name, type, `!` for NOT NULL, `=` for generated from the signed body. */
const columns: Readonly<Record<string, string>> = {
  checkpoint: 'size bigint!, note text!',
  event:
    'seq bigint!, body text!, id text!=, op text=, kind text!=, action text!=, time text!=, actor text=, key text=, ticket text=, app text=',
  head: 'one integer!, journal text!, size bigint!, frontier bytea!, cut bigint!, key text!',
  node: 'level integer!, position bigint!, hash bytea!',
  operation: 'seq bigint!, op text!, state text!, app text',
  snapshot: 'event text!, part text!, expires bigint!, salt bytea!, sealed bytea!',
  subject: 'pseudonym text!, lookup text!, sealed bytea!',
  target: 'token text!, seq bigint!',
}

const opening = 'CREATE TRIGGER '
/** In their order within the sentence that makes them: when, and what runs. */
const triggers: readonly string[] = createSchema
  .split(';')
  .map((statement) => statement.trim())
  .filter((statement) => statement.startsWith(opening))
  .map((statement) => statement.slice(opening.length))

/** The text between the dollars, as PostgreSQL keeps it, by the name that stands before. */
const functions = new Map(
  createSchema.split('$$').flatMap((text, at, all) => {
    const name = at % 2 === 1 ? [...all[at - 1]!.matchAll(/FUNCTION (\w+)/g)].at(-1)?.[1] : undefined
    return name === undefined ? [] : [[name, text] as const]
  }),
)
const unique = ['event_id', 'operation_op_key', ...Object.keys(columns).map((table) => `${table}_pkey`)]
const indexes = [...createSchema.matchAll(/CREATE INDEX (\w+)/g)].map(([, name]) => name!)

const ours = `SELECT oid FROM pg_class WHERE relnamespace = 'journal'::regnamespace AND relname IN (${Object.keys(columns)
  .map((name) => `'${name}'`)
  .join(', ')})`

const lookups = {
  columns: `SELECT c.relname AS name, string_agg(a.attname || ' ' || format_type(a.atttypid, NULL) || CASE WHEN a.attnotnull THEN '!' ELSE '' END
      || CASE WHEN a.attgenerated = '' THEN '' ELSE '=' END, ', ' ORDER BY a.attname) AS text
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.oid IN (${ours}) GROUP BY c.relname`,
  triggers: `SELECT tgname AS name, pg_get_triggerdef(oid, true) AS text FROM pg_trigger
    WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgrelid IN (${ours})`,
  secured: `SELECT relname AS name FROM pg_class WHERE oid IN (${ours}) AND relrowsecurity`,
  rules: `SELECT rulename AS name FROM pg_rewrite WHERE ev_class IN (${ours})`,
  functions: `SELECT proname AS name, prosrc AS text FROM pg_proc WHERE pronamespace = 'journal'::regnamespace`,
  indexes: `SELECT c.relname AS name, i.indisunique AND i.indisvalid AS holds FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid IN (${ours})`,
} as const

const sorted = (text: string): string => text.split(', ').toSorted().join(', ')
/** As a later step leaves it: our columns as they are, and others that may be empty. */
const isWidened = (found: string, text: string): boolean => {
  const [there, ours] = [found.split(', '), text.split(', ')]
  return ours.every((column) => there.includes(column)) && there.every((column) => ours.includes(column) || /[^!=]$/.test(column))
}
const triggerOf = (text: string): string => text.slice(opening.length)

export const inspect = async (select: Source['select']): Promise<Inspection> => {
  const ask = async (sql: string) => (await select(sql)).map((row) => ({ name: String(row['name']), text: String(row['text']), ...row }))
  const tables = new Map((await ask(lookups.columns)).map(({ name, text }) => [name, text]))
  const active = (await ask(lookups.triggers)).map(({ text }) => triggerOf(text))
  const [rules, secured] = [await ask(lookups.rules), await ask(lookups.secured)]
  const bodies = new Map((await ask(lookups.functions)).map(({ name, text }) => [name, text]))
  const there = new Map((await ask(lookups.indexes)).map((row) => [row.name, Boolean((row as { holds?: unknown }).holds)]))
  const nameOf = (trigger: string): string => trigger.split(' ')[0]!
  const { mark } = await presenceIn(select)
  const changed = Object.entries(columns).filter(([name, text]) => sorted(tables.get(name) ?? '') !== sorted(text))
  const widened = changed.filter(([name, text]) => mark && isExtended(mark) && isWidened(tables.get(name) ?? '', text))
  return {
    faults: [
      ...changed.filter((table) => !widened.includes(table)).map(([name]) => `the table ${name} is missing or was changed`),
      ...triggers.filter((text) => !active.includes(text)).map((text) => `the trigger ${nameOf(text)} is missing, disabled or was changed`),
      ...active.filter((text) => !triggers.includes(text)).map((text) => `the trigger ${nameOf(text)} is not ours`),
      ...rules.map(({ name }) => `the rule ${name} is not ours`),
      ...secured.map(({ name }) => `row level security is on for the table ${name}`),
      ...[...functions]
        .filter(([name, text]) => bodies.get(name) !== text)
        .map(([name]) => `the function ${name} is missing or was changed`),
      ...unique.filter((name) => !there.get(name)).map((name) => `the index ${name} is missing or does not hold`),
    ],
    notes: [
      ...widened.map(([name]) => `the table ${name} has columns of a later version`),
      ...indexes.filter((name) => !there.has(name)).map((name) => `the index ${name} is missing, so reading may be slow`),
      ...[...there.keys()].filter((name) => ![...indexes, ...unique].includes(name)).map((name) => `the index ${name} is not ours`),
    ],
  }
}
