/** Queries of operations: single ones with their events, and open ones. */
import { openStates, type State, statesWithoutEffect } from '../../event/event.ts'
import type { EventRow } from './log.ts'
import { bodyField, marks, type Question, type Source } from './source.ts'

export async function stateOf(store: Source, operation: string): Promise<State | undefined> {
  const [row] = await store.select('SELECT state FROM operation WHERE op = $1', [operation])
  return row?.['state'] as State | undefined
}

export interface OperationEvent extends EventRow {
  readonly operation: string
}

/** Events of these operations, in the order of the log. */
export async function eventsOfOperations(store: Source, ids: readonly string[], kind?: 'outcome'): Promise<OperationEvent[]> {
  if (ids.length === 0) return []
  const sql = `SELECT seq, op, body FROM event WHERE op IN (${marks(ids.length)})${kind ? ` AND kind = '${kind}'` : ''} ORDER BY seq`
  return (await store.select(sql, ids)).map((row) => ({
    index: Number(row['seq']),
    operation: String(row['op']),
    body: String(row['body']),
  }))
}

/** Events of views of the operation's personal data, newest first. */
export async function viewsOf(store: Source, operation: string): Promise<string[]> {
  const sql = `SELECT body FROM event WHERE kind = 'viewed' AND ${bodyField(store, 'body', 'facts.operation')} = $1 ORDER BY seq DESC`
  return (await store.select(sql, [operation])).map((row) => String(row['body']))
}

/** The newest operation with this key since then. One that was never sent leaves its key free. */
export async function operationUnder(store: Source, key: string, since: string): Promise<string | undefined> {
  const [row] = await store.select(
    "SELECT e.op FROM event e JOIN operation o ON o.seq = e.seq WHERE e.key = $1 AND e.time > $2 AND o.state <> 'not_sent' ORDER BY e.seq DESC LIMIT 1",
    [key, since],
  )
  return row && String(row['op'])
}

/** Operations of this action on a person with one of these names, newest first. */
export async function operationsOn(
  store: Source,
  action: string,
  names: readonly string[],
): Promise<(EventRow & { readonly state: State })[]> {
  const rows = await store.select(
    `SELECT DISTINCT e.seq, e.body, o.state FROM target t JOIN operation o ON o.seq = t.seq JOIN event e ON e.seq = t.seq
     WHERE e.action = $1 AND t.token IN (${marks(names.length, 2)}) ORDER BY e.seq DESC LIMIT 20`,
    [action, ...names],
  )
  return rows.map((row) => ({ index: Number(row['seq']), body: String(row['body']), state: row['state'] as State }))
}

const quoted = (states: readonly State[]): string => states.map((state) => `'${state}'`).join(', ')
const open = quoted(openStates)

/** True when another operation on the same person overlaps this one, or came later. */
export async function hasConcurrent(store: Source, operation: string, index: number): Promise<boolean> {
  const rows = await store.select(
    `SELECT 1 FROM target t JOIN target o ON o.token = t.token AND o.seq <> t.seq JOIN operation r ON r.seq = o.seq
     WHERE t.seq = $1 AND r.op <> $2 AND r.state NOT IN (${quoted(statesWithoutEffect)})
     AND (r.seq > t.seq OR r.state IN (${open}) OR EXISTS (SELECT 1 FROM event e WHERE e.op = r.op AND e.seq > t.seq)) LIMIT 1`,
    [index, operation],
  )
  return rows.length > 0
}

/** Guarded operations without an outcome, oldest first. A plain change is recorded once, and nobody
 * follows it up. */
export async function withoutOutcome(store: Source): Promise<{ id: string; index: number }[]> {
  const rows = await store.select(
    "SELECT o.op, o.seq FROM operation o JOIN event e ON e.seq = o.seq WHERE o.state IN ('pending', 'unknown') AND e.kind = 'intent' ORDER BY o.seq LIMIT 500",
  )
  return rows.map((row) => ({ id: String(row['op']), index: Number(row['seq']) }))
}

export async function oldestOpen(store: Source): Promise<number | undefined> {
  const [row] = await store.select(`SELECT min(seq) AS seq FROM operation WHERE state IN (${open})`)
  return typeof row?.['seq'] === 'number' ? row['seq'] : undefined
}

/** Number of an app's guarded operations in this state, counted up to `most`. */
export async function countStanding(store: Source, app: string, state: State, most: number): Promise<number> {
  const sql =
    "SELECT count(*) AS n FROM (SELECT 1 FROM operation o JOIN event e ON e.seq = o.seq WHERE o.app = $1 AND o.state = $2 AND e.kind = 'intent' LIMIT $3) AS part"
  return Number((await store.select(sql, [app, state, most]))[0]!['n'])
}

/** Number of operations of one hour (`2026-01-31T09`) with the same first event. */
export interface HourSum {
  readonly tenant: string
  readonly hour: string
  readonly kind: string
  readonly action: string
  readonly count: number
}

/** Sums of the operations that begin within these indexes, by the database: no bodies are read. */
export async function sumsBetween(store: Source, from: number, below: number): Promise<HourSum[]> {
  const field = (name: string): string => bodyField(store, 'body', name)
  const rows = await store.select(
    `SELECT app AS tenant, substr(time, 1, 13) AS hour, kind, action, sum(CAST(coalesce(${field('count')}, '1') AS INTEGER)) AS n
     FROM event WHERE seq >= $1 AND seq < $2 AND (kind IN ('intent', 'denied') OR ${field('recorded')} IS NOT NULL) GROUP BY 1, 2, 3, 4`,
    [from, below],
  )
  return rows.map((row) => ({
    tenant: String(row['tenant'] ?? ''),
    hour: String(row['hour']),
    kind: String(row['kind']),
    action: String(row['action']),
    count: Number(row['n']),
  }))
}

/** Asked inside the lock of a commit, as in `log.ts`. */
export const statesQuestion = (operations: readonly string[]): Question => ({
  sql: `SELECT op, seq, state FROM operation WHERE op IN (${marks(operations.length)})`,
  params: operations,
})

/** An operation that was never sent leaves its key free. */
export const keysQuestion = (keys: readonly string[], since: string): Question => ({
  sql: `SELECT e.key, e.op, e.seq FROM event e JOIN operation o ON o.seq = e.seq WHERE e.key IN (${marks(keys.length, 2)}) AND e.time > $1 AND o.state <> 'not_sent' ORDER BY e.seq`,
  params: [since, ...keys],
})
