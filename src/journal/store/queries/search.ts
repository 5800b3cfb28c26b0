/** Queries of a search of operations: its clauses as SQL, the page that fits, and how many fit. */
import type { State } from '../../event/event.ts'
import { type EventRow, earliestSince, latestUntil, treeHead } from './log.ts'
import { bodyField, fieldOf, marks, rowsOf, type Source, type Value } from './source.ts'

interface Negatable {
  /** True for what does not fit. */
  readonly not?: true | undefined
}

export type Clause = Negatable &
  (
    | {
        readonly column: 'action' | 'actor' | 'reason' | 'state' | 'target' | 'ticket'
        readonly values: readonly string[]
      }
    /** A word that can be a person, who acted, a ticket, or an id. */
    | {
        readonly column: 'any'
        readonly targets: readonly string[]
        readonly actors: readonly string[]
        readonly tickets: readonly string[]
        readonly operations: readonly string[]
        readonly requests: readonly string[]
      }
  )

export interface Narrowing {
  readonly clauses: readonly Clause[]
  readonly tenant?: string | undefined
  readonly from?: Date | undefined
  readonly to?: Date | undefined
  /** Only rows below this index. */
  readonly cursor?: number | undefined
  /** Only rows from this index on, the ones next to it. */
  readonly after?: number | undefined
}

interface Condition {
  /** Table of the column, whose index gives the order. */
  readonly table: 'e' | 'o'
  readonly sql: (column: (name: string) => string, first: number) => string
  readonly params: readonly Value[]
  /** SQL that counts its rows up to a bound, to find the narrowest condition; absent: no index. */
  readonly probe?: (first: number) => string
}

/** Request ids have no index: they are looked for among this many of the newest events. */
const newest = 100_000

const among = (column: string, count: number, first: number): string =>
  count === 1 ? `${column} = $${first}` : `${column} IN (${marks(count, first)})`

/** Uses the index that begins with the app, if one is given: rows of other apps are not read. */
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

/** Rows whose index is among those of a query, which is counted to find the narrowest. */
const amongRows = (select: (first: number) => string, params: readonly Value[], counted: boolean): Condition => ({
  table: 'o',
  sql: (_, first) => `o.seq IN (${select(first)})`,
  params,
  ...(counted && { probe: (first) => `SELECT count(*) AS n FROM (${select(first)} LIMIT 2000) AS some` }),
})

const unindexed = (column: string, values: readonly string[]): Condition => ({
  table: 'e',
  sql: (_, first) => among(column, values.length, first),
  params: values,
})

const onAny = (store: Source, any: Extract<Clause, { column: 'any' }>, size: number): Condition => {
  const requestId = bodyField(store, 'body', 'context.requestId')
  const places: readonly (readonly [select: string, values: readonly string[]])[] = [
    ['SELECT seq FROM target WHERE token', any.targets],
    ['SELECT seq FROM event WHERE actor', any.actors],
    ['SELECT seq FROM event WHERE ticket', any.tickets],
    ['SELECT seq FROM operation WHERE op', any.operations],
    [`SELECT seq FROM event WHERE seq >= ${Math.max(0, size - newest)} AND ${requestId}`, any.requests],
  ]
  const asked = places.filter(([, values]) => values.length > 0)
  const select = (first: number): string => {
    let next = first
    const parts = asked.map(([sql, values]) => {
      next += values.length
      return `${sql} IN (${marks(values.length, next - values.length)})`
    })
    return parts.join(' UNION ')
  }
  return amongRows(
    select,
    asked.flatMap(([, values]) => values),
    any.requests.length === 0,
  )
}

const conditionOf = (store: Source, clause: Clause, size: number, app: string | undefined): Condition => {
  if (clause.column === 'any') return onAny(store, clause, size)
  const { column, values } = clause
  if (column === 'target')
    return amongRows((first) => `SELECT seq FROM target WHERE token IN (${marks(values.length, first)})`, values, true)
  if (column === 'reason') return unindexed(bodyField(store, 'e.body', 'reason.code'), values)
  return oneOf(column === 'state' ? 'o' : 'e', column, values, app)
}

/** What does not fit a clause; an absent value fits none. It leads no search. */
const negated = (store: Source, clause: Clause, size: number): Condition => {
  const { table, sql, params } = conditionOf(store, clause, size, undefined)
  return { table, sql: (name, first) => `NOT coalesce(${sql(name, first)}, false)`, params }
}

const conditionsOf = (store: Source, { clauses, tenant }: Narrowing, size: number): Condition[] => {
  const found = clauses.map((clause) => (clause.not ? negated(store, clause, size) : conditionOf(store, clause, size, tenant)))
  const namesApp = clauses.some(({ column, not }) => !not && !['target', 'any', 'reason'].includes(column))
  return tenant === undefined || namesApp ? found : [...found, oneOf('e', 'app', [tenant], undefined)]
}

const last = Date.parse('9999-12-31T23:59:59.999Z')

/** Times come from several clocks: the index is bounded with a minute to spare, then the time. */
async function bounds(store: Source, seq: string, { from, to, cursor, after }: Narrowing): Promise<{ sql: string; params: Value[] }> {
  const spare = 60_000
  // Texts are compared: a year has four digits.
  const near = (time: Date, milliseconds: number): string => new Date(Math.min(time.getTime() + milliseconds, last)).toISOString()
  const parts: string[] = []
  const params: Value[] = []
  const add = (sql: string, value: Value): void => {
    params.push(value)
    parts.push(`${sql} $${params.length}`)
  }
  if (cursor !== undefined) add(`${seq} <`, cursor)
  if (after !== undefined) add(`${seq} >=`, after)
  if (from) {
    add('o.seq >=', (await earliestSince(store, near(from, -spare))) ?? Number.MAX_SAFE_INTEGER)
    add('e.time >=', from.toISOString())
  }
  if (to) {
    add(`${seq} <=`, (await latestUntil(store, near(to, spare))) ?? -1)
    add('e.time <', to.toISOString())
  }
  return { sql: parts.join(' AND '), params }
}

/** SQLite keeps no statistics here: the narrowest condition is found by counting, and a unary plus
 * hides the others from its planner. */
async function leader(store: Source, found: readonly Condition[]): Promise<Condition | undefined> {
  const able = found.filter(({ probe }) => probe !== undefined)
  if (able.length < 2 || store.kind !== 'sqlite') return able[0]
  const counts = await Promise.all(able.map(async ({ probe, params }) => (await fieldOf<number>(store, probe!(1), params))!))
  return able[counts.indexOf(Math.min(...counts))]
}

interface FoundOperation extends EventRow {
  readonly id: string
  readonly state: State
}

const statementOf = async (store: Source, narrowing: Narrowing): Promise<{ rows: string; seq: string; params: Value[] }> => {
  const size = narrowing.clauses.some((clause) => clause.column === 'any' && clause.requests.length > 0) ? (await treeHead(store)).size : 0
  const found = conditionsOf(store, narrowing, size)
  const first = await leader(store, found)
  const seq = `${first?.table ?? 'o'}.seq`
  const bound = await bounds(store, seq, narrowing)
  const params = [...bound.params]
  const where = found.map((condition) => {
    const sql = condition.sql((name) => (store.kind === 'sqlite' && condition !== first ? `+${name}` : name), params.length + 1)
    params.push(...condition.params)
    return sql
  })
  const all = [bound.sql, ...where].filter(Boolean).join(' AND ')
  return { rows: `FROM operation o JOIN event e ON e.seq = o.seq ${all && `WHERE ${all}`}`, seq, params }
}

/** Operations with their first events, newest first. */
export async function findOperations(store: Source, narrowing: Narrowing, limit: number): Promise<FoundOperation[]> {
  const { rows, seq, params } = await statementOf(store, narrowing)
  const order = narrowing.after === undefined ? 'DESC' : 'ASC'
  return await rowsOf(store, `SELECT o.op AS id, o.seq AS "index", o.state, e.body ${rows} ORDER BY ${seq} ${order} LIMIT ${limit}`, params)
}

/** Operations of one day, alike in kind, action and who acted. */
export interface DaySum {
  readonly day: string
  readonly kind: string
  readonly action: string
  readonly actor: string
  readonly count: number
  /** Index of the newest. */
  readonly last: number
}

/** The newest that fit, added up; at most `max` are read. */
export async function sumOperations(store: Source, narrowing: Narrowing, max: number): Promise<DaySum[]> {
  const { rows, seq, params } = await statementOf(store, narrowing)
  const part = `SELECT o.seq, substr(e.time, 1, 10) AS day, e.kind, e.action, coalesce(e.actor, '') AS actor ${rows} ORDER BY ${seq} DESC LIMIT ${max}`
  const sums = 'SELECT day, kind, action, actor, count(*) AS count, max(seq) AS last'
  return await rowsOf(store, `${sums} FROM (${part}) AS part GROUP BY day, kind, action, actor`, params)
}
