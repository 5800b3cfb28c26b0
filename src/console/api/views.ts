/** Operations and events as the read API shows them. The log holds no personal data in the
 * clear. */
import type { Event, State } from '../../journal/event/event.ts'
import { historyOf } from '../../journal/store/history.ts'
import type { Source } from '../../journal/store/queries/source.ts'
import type { OperationRow } from '../../journal/store/search.ts'

export interface OperationView {
  readonly operation: string | undefined
  /** Index of its first event in the log. */
  readonly index: number
  readonly state: State
  readonly time: string
  readonly action: string
  readonly actor: Event['actor']
  readonly targets: Event['targets']
  readonly reason: Event['reason']
}

export const viewOf = ({ id, index, state, opened }: OperationRow): OperationView => ({
  operation: id,
  index,
  state,
  time: opened.time,
  action: opened.action,
  actor: opened.actor,
  targets: opened.targets,
  reason: opened.reason,
})

export interface HistoryView {
  readonly operation: string
  readonly state: State
  readonly events: readonly (Event & { readonly index: number })[]
}

/** All events of one operation; undefined when this app has no such operation. */
export const historyView = async (store: Source, tenant: string, operation: string): Promise<HistoryView | undefined> => {
  const history = await historyOf(store, operation)
  if (!history || history.events[0]?.event.tenant !== tenant) return undefined
  return { operation, state: history.state, events: history.events.map(({ index, event }) => ({ index, ...event })) }
}
