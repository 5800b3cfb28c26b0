/** The before-image of a guarded call, if it is still stored and bound to its event. */
import type { Event } from '../event/event.ts'
import type { Sealer } from '../event/seal.ts'
import { sealedPart } from './queries/people.ts'
import type { Source } from './queries/source.ts'

interface Kept {
  readonly store: Source
  readonly sealer: Sealer
}

export const beforeImageOf = async ({ store, sealer }: Kept, intent: Event): Promise<unknown> => {
  const part = await sealedPart(store, intent.id, 'before')
  const opened = part && sealer.openPart(part, intent.before?.commitment)
  return opened?.bound ? opened.content : undefined
}
