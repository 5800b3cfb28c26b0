/** Questions to the journal: operations by filter, one row each; events by index. The cursor is an index, and stays right because the log only grows. */
import { decode, type Event, openStates, type State } from '../event/event.ts'
import { namesOf } from '../event/names.ts'
import type { Sealer } from '../event/seal.ts'
import type { Source, Value } from './contract.ts'

export interface Filter {
  /** A userId, an `_id` or a pseudonym. */
  readonly target?: string
  /** Operations of this app alone; a userId is looked up within it. */
  readonly tenant?: string
  readonly actor?: string
  readonly action?: string
  readonly state?: State | 'open'
  readonly ticket?: string
  readonly from?: Date
  readonly to?: Date
  /** The index below which to go on. */
  readonly cursor?: number
  readonly limit?: number
}

export interface OperationRow {
  readonly id: string | undefined
  readonly index: number
  readonly state: State
  readonly opened: Event
}

export interface Found<T> {
  readonly rows: readonly T[]
  readonly next?: number
}

interface Condition {
  /** Whose rows it narrows, and so whose index gives the order. */
  readonly table: 'e' | 'o'
  readonly sql: (column: (name: string) => string, first: number) => string
  readonly params: readonly Value[]
  /** Counts up to a bound how much it lets through, so that the narrowest leads. */
  readonly probe: (first: number) => string
}

/** A field of the event, read out of its body in the words of the database. */
export const bodyField = (store: Source, body: string, name: string): string =>
  store.kind === 'sqlite' ? `${body} ->> '$.${name}'` : `${body}::jsonb #>> '{${name.replace('.', ',')}}'`

const marks = (count: number, first: number): string => Array.from({ length: count }, (_, at) => `$${first + at}`).join(',')
const among = (column: string, count: number, first: number): string =>
  count === 1 ? `${column} = $${first}` : `${column} IN (${marks(count, first)})`

/** Within an app, the index that begins with it: what other apps have done is not gone through. */
const oneOf = (table: 'e' | 'o', column: string, values: readonly Value[], app: string | undefined): Condition => {
  const narrow = (name: (column: string) => string, first: number): string =>
    [among(name(column), values.length, first), ...(app === undefined ? [] : [`${name('app')} = $${first + values.length}`])].join(' AND ')
  return {
    table,
    sql: (name, first) => narrow((its) => name(`${table}.${its}`), first),
    params: app === undefined ? values : [...values, app],
    probe: (first) =>
      `SELECT count(*) AS n FROM (SELECT 1 FROM ${table === 'e' ? 'event' : 'operation'} WHERE ${narrow((its) => its, first)} LIMIT 2000) AS some`,
  }
}

/** Times come from several clocks, so the index is bounded with a minute to spare, and the time itself is compared as well. */
async function bounds(store: Source, seq: string, { from, to, cursor }: Filter): Promise<{ sql: string; params: Value[] }> {
  const spare = 60_000
  const at = async (sql: string, time: number): Promise<number | undefined> => {
    const [row] = await store.select(sql, [new Date(time).toISOString()])
    return row && Number(row['seq'])
  }
  const parts: string[] = []
  const params: Value[] = []
  const add = (sql: string, value: Value): void => {
    params.push(value)
    parts.push(`${sql} $${params.length}`)
  }
  if (cursor !== undefined) add(`${seq} <`, cursor)
  if (from) {
    add(
      'o.seq >=',
      (await at('SELECT seq FROM event WHERE time >= $1 ORDER BY time, seq LIMIT 1', from.getTime() - spare)) ?? Number.MAX_SAFE_INTEGER,
    )
    add('e.time >=', from.toISOString())
  }
  if (to) {
    add(`${seq} <=`, (await at('SELECT seq FROM event WHERE time <= $1 ORDER BY time DESC, seq DESC LIMIT 1', to.getTime() + spare)) ?? -1)
    add('e.time <', to.toISOString())
  }
  return { sql: parts.join(' AND '), params }
}

async function conditions(store: Source, sealer: Sealer, { target, tenant, actor, action, state, ticket }: Filter): Promise<Condition[]> {
  const found: Condition[] = []
  const narrow = (table: 'e' | 'o', column: string, values: readonly Value[]) => found.push(oneOf(table, column, values, tenant))
  const pseudonymsOf = async (userId: string): Promise<string[]> =>
    tenant === undefined
      ? []
      : (await store.select('SELECT pseudonym FROM subject WHERE lookup = $1', [sealer.lookup(tenant, userId)])).map((row) =>
          String(row['pseudonym']),
        )
  if (target !== undefined) {
    const tokens = await namesOf(store, sealer, tenant, target)
    found.push({
      table: 'o',
      sql: (_, first) => `o.seq IN (SELECT seq FROM target WHERE token IN (${marks(tokens.length, first)}))`,
      params: tokens,
      probe: (first) =>
        `SELECT count(*) AS n FROM (SELECT 1 FROM target WHERE token IN (${marks(tokens.length, first)}) LIMIT 2000) AS some`,
    })
  }
  if (ticket !== undefined) narrow('e', 'ticket', [ticket])
  if (state !== undefined) narrow('o', 'state', state === 'open' ? openStates : [state])
  if (actor !== undefined) narrow('e', 'actor', [actor, ...(await pseudonymsOf(actor))])
  if (action !== undefined) narrow('e', 'action', [action])
  const appless = [ticket, state, actor, action].every((word) => word === undefined)
  if (tenant !== undefined && appless) found.push(oneOf('e', 'app', [tenant], undefined))
  return found
}

/** SQLite keeps no statistics here: the narrowest condition is found by counting, and the others are kept from its planner by a unary plus. */
async function leader(store: Source, found: readonly Condition[]): Promise<Condition | undefined> {
  if (found.length < 2 || store.kind !== 'sqlite') return found[0]
  const counts = await Promise.all(found.map(async ({ probe, params }) => Number((await store.select(probe(1), params))[0]!['n'])))
  return found[counts.indexOf(Math.min(...counts))]
}

export async function operations(store: Source, sealer: Sealer, filter: Filter = {}): Promise<Found<OperationRow>> {
  const limit = Math.min(Math.max(filter.limit ?? 50, 1), 500)
  const found = await conditions(store, sealer, filter)
  const first = await leader(store, found)
  const seq = `${first?.table ?? 'o'}.seq`
  const bound = await bounds(store, seq, filter)
  const params = [...bound.params]
  const where = found.map((condition) => {
    const sql = condition.sql((name) => (store.kind === 'sqlite' && condition !== first ? `+${name}` : name), params.length + 1)
    params.push(...condition.params)
    return sql
  })
  const all = [bound.sql, ...where].filter(Boolean).join(' AND ')
  const sql = `SELECT o.op, o.seq, o.state, e.body FROM operation o JOIN event e ON e.seq = o.seq ${all && `WHERE ${all}`} ORDER BY ${seq} DESC LIMIT ${limit + 1}`
  const rows = (await store.select(sql, params)).map(
    (row): OperationRow => ({
      id: String(row['op']),
      index: Number(row['seq']),
      state: row['state'] as State,
      opened: decode(String(row['body'])),
    }),
  )
  return page(rows, limit, ({ index }) => index)
}

const page = <T>(rows: T[], limit: number, cursor: (row: T) => number): Found<T> =>
  rows.length > limit ? { rows: rows.slice(0, limit), next: cursor(rows[limit - 1]!) } : { rows }

export interface EventRow {
  readonly index: number
  readonly body: string
}

/** Raw events in the order of the log, from an index on: paging, following, the export of all. */
export async function eventsFrom(store: Source, index: number, limit = 500, below = Number.MAX_SAFE_INTEGER): Promise<EventRow[]> {
  const rows = await store.select('SELECT seq, body FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq LIMIT $3', [index, below, limit])
  return rows.map((row) => ({ index: Number(row['seq']), body: String(row['body']) }))
}

/** The same for those who read for one app: its own events, and what tells of the journal as a whole (see `isFor`). */
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
  return (await store.select(sql, [index, below, limit, app])).map((row) => ({ index: Number(row['seq']), body: String(row['body']) }))
}

/** How many of an app's operations stand so, counted no further than `most`. */
export async function countStanding(store: Source, app: string, state: State, most: number): Promise<number> {
  const sql = 'SELECT count(*) AS n FROM (SELECT 1 FROM operation WHERE app = $1 AND state = $2 LIMIT $3) AS part'
  return Number((await store.select(sql, [app, state, most]))[0]!['n'])
}

export async function eventOf(store: Source, id: string): Promise<EventRow | undefined> {
  const [row] = await store.select('SELECT seq, body FROM event WHERE id = $1', [id])
  return row && { index: Number(row['seq']), body: String(row['body']) }
}

/** Operations that are alike: begun in this hour (`2026-01-31T09`), by the same kind of event. */
export interface Sum {
  readonly tenant: string
  readonly hour: string
  readonly kind: string
  readonly action: string
  readonly count: number
}

/** The operations that begin within these indexes, added up by the database: their bodies need not come along. */
export async function sumsBetween(store: Source, from: number, below: number): Promise<Sum[]> {
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
