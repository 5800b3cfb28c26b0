/** The personal data of one event, as far as it is still kept: for those who may see it, once that they look is recorded. */
import type { Event } from './events.ts'
import { partOf } from './idempotency.ts'
import { nameBehind } from './people.ts'
import type { Sealer } from './seal.ts'
import type { Source } from './store.ts'

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
