/** The search of operations: names are resolved first, then the tables are asked. The cursor is an
 * index, which stays right since the log only grows. */
import { decode, type Event, openStates, type State } from '../event/event.ts'
import type { Sealer } from '../event/seal.ts'
import { namesOf } from './names.ts'
import { findOperations } from './queries/operations.ts'
import { pseudonymsAt } from './queries/people.ts'
import type { Source } from './queries/source.ts'

export interface Filter {
  /** A userId, an `_id` or a pseudonym. */
  readonly target?: string
  /** Only operations of this app; a userId is resolved within it. */
  readonly tenant?: string
  readonly actor?: string
  readonly action?: string
  readonly state?: State | 'open'
  readonly ticket?: string
  readonly from?: Date
  readonly to?: Date
  /** Only rows below this index. */
  readonly cursor?: number
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
  readonly next?: number
}

export async function operations(store: Source, sealer: Sealer, filter: Filter = {}): Promise<Found<OperationRow>> {
  const { target, tenant, actor, action, state, ticket, from, to, cursor } = filter
  const limit = Math.min(Math.max(filter.limit ?? 50, 1), 500)
  const narrowing = {
    targets: target === undefined ? undefined : await namesOf(store, sealer, tenant, target),
    actors:
      actor === undefined ? undefined : [actor, ...(tenant === undefined ? [] : await pseudonymsAt(store, sealer.lookup(tenant, actor)))],
    states: state === undefined ? undefined : state === 'open' ? openStates : [state],
    ...{ tenant, action, ticket, from, to, cursor },
  }
  const rows = (await findOperations(store, narrowing, limit + 1)).map(
    ({ id, index, state, body }): OperationRow => ({ id, index, state, opened: decode(body) }),
  )
  return rows.length > limit ? { rows: rows.slice(0, limit), next: rows[limit - 1]!.index } : { rows }
}
