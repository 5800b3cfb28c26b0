/** Operations and events as the read API shows them. The log holds no personal data in the
 * clear. */
import { historyOf } from '../../journal/store/history.ts'
import type { Source } from '../../journal/store/queries/source.ts'
import type { OperationRow } from '../../journal/store/search.ts'

export const viewOf = ({ id, index, state, opened }: OperationRow) => {
  const { time, action, actor, targets, reason } = opened
  return { operation: id, index, state, time, action, actor, targets, reason }
}

/** All events of one operation; undefined when this app has no such operation. */
export const historyView = async (store: Source, tenant: string, operation: string) => {
  const history = await historyOf(store, operation)
  if (!history || history.events[0]?.event.tenant !== tenant) return undefined
  return { operation, state: history.state, events: history.events.map(({ index, event }) => ({ index, ...event })) }
}
