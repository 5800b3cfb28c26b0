/** One operation with all its events. */
import { decode, type Event, type State } from '../event/event.ts'
import { eventsOfOperations, stateOf } from './queries/operations.ts'
import type { Source } from './queries/source.ts'

export interface OperationHistory {
  readonly state: State
  readonly events: { readonly index: number; readonly event: Event }[]
}

export async function historyOf(store: Source, operation: string): Promise<OperationHistory | undefined> {
  const state = await stateOf(store, operation)
  if (state === undefined) return undefined
  const events = await eventsOfOperations(store, [operation])
  return { state, events: events.map(({ index, body }) => ({ index, event: decode(body) })) }
}
