/** Personal data of one event, as far as it is still stored. The view must be recorded first. */

import type { Event } from '../event/event.ts'
import type { Sealer } from '../event/seal.ts'
import { nameBehind } from './pseudonyms.ts'
import { partsOf } from './queries/people.ts'
import type { Source } from './queries/source.ts'

export const personalOf = async (
  { store, sealer }: { readonly store: Source; readonly sealer: Sealer },
  { id, actor }: Event,
): Promise<Record<string, unknown>> => {
  const parts = Object.fromEntries((await partsOf(store, id)).map((part) => [part.part, sealer.openPart(part, undefined)?.content]))
  const onBehalfOf = actor?.onBehalfOf ? await nameBehind({ store, sealer }, actor.onBehalfOf) : undefined
  return onBehalfOf === undefined ? parts : { ...parts, person: { ...(parts['person'] as object | undefined), onBehalfOf } }
}
