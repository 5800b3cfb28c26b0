/** The search of operations: names are resolved first, then the tables are asked. The cursor is an
 * index, which stays right since the log only grows. */
import { decode, type Event, openStates, type State } from '../event/event.ts'
import type { Sealer } from '../event/seal.ts'
import { namesOf } from './names.ts'
import { eventOf } from './queries/log.ts'
import { pseudonymsAt } from './queries/people.ts'
import { type Clause, type DaySum, findOperations, type Narrowing, sumOperations } from './queries/search.ts'
import type { Source } from './queries/source.ts'

/** `any`: a person, who acted, a ticket, or the id of an operation, an event or a request. */
export const fields = ['any', 'target', 'actor', 'action', 'state', 'ticket', 'reason'] as const
type Field = (typeof fields)[number]

/** One of the values fits, or with `not` none. */
export interface Condition {
  readonly field: Field
  readonly values: readonly string[]
  readonly not?: true | undefined
}

export interface Filter {
  /** A userId, an `_id` or a pseudonym. */
  readonly target?: string
  /** Only operations of this app; a userId is resolved within it. */
  readonly tenant?: string
  readonly actor?: string
  readonly action?: string
  readonly state?: State | 'open'
  readonly ticket?: string
  /** Further conditions, all of which hold. */
  readonly conditions?: readonly Condition[]
  readonly from?: Date
  readonly to?: Date
  /** Only rows below this index. */
  readonly cursor?: number
  /** Only rows from this index on, those next to it. */
  readonly after?: number
  readonly limit?: number
}

export interface OperationRow {
  readonly id: string
  readonly index: number
  readonly state: State
  readonly opened: Event
}

export interface Found<T> {
  readonly rows: readonly T[]
  /** Rows below this index are left; with `after`: rows from this index on. */
  readonly next?: number
}

const clauseOf = async (store: Source, sealer: Sealer, tenant: string | undefined, { field, values, not }: Condition): Promise<Clause> => {
  const targets = async () => (await Promise.all(values.map((value) => namesOf(store, sealer, tenant, value)))).flat()
  const actors = async () => [
    ...values,
    ...(tenant === undefined ? [] : (await Promise.all(values.map((value) => pseudonymsAt(store, sealer.lookup(tenant, value))))).flat()),
  ]
  if (field === 'target') return { column: 'target', values: await targets(), not }
  if (field === 'actor') return { column: 'actor', values: await actors(), not }
  if (field === 'state') return { column: 'state', values: values.flatMap((state) => (state === 'open' ? openStates : [state])), not }
  // Trackers write the names of their projects in capitals, people do not.
  const tickets = () => [...new Set(values.flatMap((value) => [value, value.toUpperCase()]))]
  if (field === 'ticket') return { column: 'ticket', values: tickets(), not }
  if (field !== 'any') return { column: field, values, not }
  const events = await Promise.all(values.filter((value) => /^evt_[0-9a-f-]{36}$/.test(value)).map((value) => eventOf(store, value)))
  return {
    column: 'any',
    targets: await targets(),
    actors: await actors(),
    tickets: tickets(),
    operations: [
      ...values.filter((value) => /^op_[0-9a-f-]{36}$/.test(value)),
      ...events.flatMap((event) => (event && decode(event.body).operation?.id) ?? []),
    ],
    requests: values.filter((value) => /^req_[\w-]{20}$/.test(value)),
    not,
  }
}

const narrowingOf = async (store: Source, sealer: Sealer, filter: Filter): Promise<Narrowing> => {
  const { tenant, from, to, cursor, after, conditions = [] } = filter
  const given = fields.flatMap((field): Condition[] => {
    const value = field === 'any' || field === 'reason' ? undefined : filter[field]
    return value === undefined ? [] : [{ field, values: [value] }]
  })
  const clauses = await Promise.all([...given, ...conditions].map((condition) => clauseOf(store, sealer, tenant, condition)))
  return { clauses, tenant, from, to, cursor, after }
}

export async function operations(store: Source, sealer: Sealer, filter: Filter = {}): Promise<Found<OperationRow>> {
  const limit = Math.min(Math.max(filter.limit ?? 50, 1), 500)
  const found = (await findOperations(store, await narrowingOf(store, sealer, filter), limit + 1)).map(
    ({ id, index, state, body }): OperationRow => ({ id, index, state, opened: decode(body) }),
  )
  const rows = found.slice(0, limit)
  const more = found.length > limit
  if (filter.after !== undefined) return { rows: rows.toReversed(), ...(more && { next: rows.at(-1)!.index + 1 }) }
  return { rows, ...(more && { next: rows.at(-1)!.index }) }
}

/** The newest operations that fit, added up; at most `max` of them. */
export const sumFound = async (store: Source, sealer: Sealer, filter: Filter, max: number): Promise<DaySum[]> =>
  sumOperations(store, await narrowingOf(store, sealer, filter), max)
