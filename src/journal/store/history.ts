/** One operation with all its events, and what is still sealed beside them. */
import { decode, type Event, type State } from '../event/event.ts'
import type { Sealer } from '../event/seal.ts'
import { nameBehind } from './pseudonyms.ts'
import { eventsOfOperations, stateOf } from './queries/operations.ts'
import { partsOf, sealedPart } from './queries/people.ts'
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

/** A journal to read, and what opens its sealed parts. */
export interface SealedSource {
  readonly store: Source
  readonly sealer: Sealer
}

/** Only if it is bound to its event. */
export const beforeImageOf = async ({ store, sealer }: SealedSource, intent: Event): Promise<unknown> => {
  const part = await sealedPart(store, intent.id, 'before')
  const opened = part && sealer.openPart(part, intent.before?.commitment)
  return opened?.bound ? opened.content : undefined
}

/** Personal data of one event. The view must be recorded first. */
export const personalOf = async ({ store, sealer }: SealedSource, { id, actor }: Event): Promise<Record<string, unknown>> => {
  const parts = Object.fromEntries((await partsOf(store, id)).map((part) => [part.part, sealer.openPart(part, undefined)?.content]))
  const onBehalfOf = actor?.onBehalfOf ? await nameBehind({ store, sealer }, actor.onBehalfOf) : undefined
  return onBehalfOf === undefined ? parts : { ...parts, person: { ...(parts['person'] as object | undefined), onBehalfOf } }
}
