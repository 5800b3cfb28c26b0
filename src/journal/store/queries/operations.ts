/** Queries of operations: single ones with their events, and open ones. */
import { openStates, type State, statesWithoutEffect } from '../../event/event.ts'
import type { EventRow } from './log.ts'
import { bodyField, columnOf, fieldOf, marks, type Question, rowsOf, type Source } from './source.ts'

export const stateOf = (store: Source, operation: string): Promise<State | undefined> =>
  fieldOf(store, 'SELECT state FROM operation WHERE op = $1', [operation])

interface OperationEvent extends EventRow {
  readonly operation: string
}

/** Events of these operations, in the order of the log. */
export async function eventsOfOperations(store: Source, ids: readonly string[], kind?: 'outcome'): Promise<OperationEvent[]> {
  if (ids.length === 0) return []
  const ofKind = kind ? ` AND kind = '${kind}'` : ''
  return await rowsOf(
    store,
    `SELECT seq AS "index", op AS operation, body FROM event WHERE op IN (${marks(ids.length)})${ofKind} ORDER BY seq`,
    ids,
  )
}

/** Events of views of the operation's personal data, newest first. */
export const viewsOf = (store: Source, operation: string): Promise<string[]> =>
  columnOf(
    store,
    `SELECT body FROM event WHERE kind = 'viewed' AND ${bodyField(store, 'body', 'facts.operation')} = $1 ORDER BY seq DESC`,
    [operation],
  )

/** The newest operation with this key since then. One that was never sent leaves its key free. */
export const operationUnder = (store: Source, key: string, since: string): Promise<string | undefined> =>
  fieldOf(
    store,
    "SELECT e.op FROM event e JOIN operation o ON o.seq = e.seq WHERE e.key = $1 AND e.time > $2 AND o.state <> 'not_sent' ORDER BY e.seq DESC LIMIT 1",
    [key, since],
  )

/** Operations of this action on a person with one of these names, newest first. */
export const operationsOn = (store: Source, action: string, names: readonly string[]): Promise<(EventRow & { readonly state: State })[]> =>
  rowsOf(
    store,
    `SELECT DISTINCT e.seq AS "index", e.body, o.state FROM target t JOIN operation o ON o.seq = t.seq JOIN event e ON e.seq = t.seq
     WHERE e.action = $1 AND t.token IN (${marks(names.length, 2)}) ORDER BY e.seq DESC LIMIT 20`,
    [action, ...names],
  )

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

/** Guarded operations without an outcome, oldest first; nobody follows a plain change up. */
export const withoutOutcome = (store: Source): Promise<{ id: string; index: number }[]> =>
  rowsOf(
    store,
    `SELECT o.op AS id, o.seq AS "index" FROM operation o JOIN event e ON e.seq = o.seq WHERE o.state IN ('pending', 'unknown') AND e.kind = 'intent' ORDER BY o.seq LIMIT 500`,
  )

export const oldestOpen = (store: Source): Promise<number | undefined> =>
  fieldOf(store, `SELECT min(seq) FROM operation WHERE state IN (${open})`)

/** Number of an app's guarded operations in this state, counted up to `max`. */
export const countStanding = async (store: Source, app: string, state: State, max: number): Promise<number> =>
  (await fieldOf<number>(
    store,
    "SELECT count(*) FROM (SELECT 1 FROM operation o JOIN event e ON e.seq = o.seq WHERE o.app = $1 AND o.state = $2 AND e.kind = 'intent' LIMIT $3) AS part",
    [app, state, max],
  ))!

/** Number of operations of one hour (`2026-01-31T09`) with the same first event. */
interface HourSum {
  readonly tenant: string
  readonly hour: string
  readonly kind: string
  readonly action: string
  readonly count: number
}

/** Sums of the operations that begin within these indexes, by the database: no bodies are read. */
export function sumsBetween(store: Source, from: number, below: number): Promise<HourSum[]> {
  const field = (name: string): string => bodyField(store, 'body', name)
  return rowsOf(
    store,
    `SELECT coalesce(app, '') AS tenant, substr(time, 1, 13) AS hour, kind, action, sum(CAST(coalesce(${field('count')}, '1') AS INTEGER)) AS count
     FROM event WHERE seq >= $1 AND seq < $2 AND (kind IN ('intent', 'denied') OR ${field('recorded')} IS NOT NULL) GROUP BY 1, 2, 3, 4`,
    [from, below],
  )
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
