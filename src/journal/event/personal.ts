/** The personal data of one event, as far as it is still kept: for those who may see it, once that they look is recorded. */

import { partOf } from '../guard/idempotency.ts'
import type { Source } from '../store/contract.ts'
import type { Event } from './event.ts'
import { nameBehind } from './pseudonyms.ts'
import type { Sealer } from './seal.ts'

interface Kept {
  readonly store: Source
  readonly sealer: Sealer
}

export const personalOf = async ({ store, sealer }: Kept, { id, actor }: Event): Promise<Record<string, unknown>> => {
  const rows = await store.select('SELECT event, part, expires, salt, sealed FROM snapshot WHERE event = $1', [id])
  const parts = Object.fromEntries(rows.map((row) => [String(row['part']), sealer.openPart(partOf(row), undefined)?.content]))
  const onBehalfOf = actor?.onBehalfOf ? await nameBehind({ store, sealer }, actor.onBehalfOf) : undefined
  return onBehalfOf === undefined ? parts : { ...parts, person: { ...(parts['person'] as object | undefined), onBehalfOf } }
}
