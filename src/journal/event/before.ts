/** What stood there before a call, sealed for its event and bound to it. */
import type { Event } from './event.ts'
import type { Part, Sealer } from './seal.ts'

/** As read before the call; `after`: the image is `{ before, after }`, the values of an update. */
export type Before =
  | { readonly state: 'captured'; readonly image: unknown; readonly fields: readonly string[]; readonly after?: true }
  | { readonly state: 'unavailable' }

export const beforeImageLifeMs = 30 * 86_400_000

interface Sealed {
  readonly facts: Pick<Event, 'before'>
  readonly parts: readonly Part[]
}

export const sealBefore = (
  sealer: Sealer,
  { id, time }: Pick<Event, 'id' | 'time'>,
  before: Before | undefined,
  lifeMs = beforeImageLifeMs,
): Sealed => {
  if (!before) return { facts: {}, parts: [] }
  if (before.state === 'unavailable') return { facts: { before }, parts: [] }
  const { state, fields, after, image } = before
  const shown = { state, fields, ...(after && { after }) }
  if (lifeMs <= 0) return { facts: { before: shown }, parts: [] }
  const until = Date.parse(time) + lifeMs
  const { row, commitment } = sealer.part(id, 'before', image, until)
  return { facts: { before: { ...shown, commitment, until: new Date(until).toISOString().slice(0, 10) } }, parts: [row] }
}
