/** Whether the log goes on from what was seen of it: from its anchor, from the journal that stood here, past the rollbacks that people accepted. */
import type { Anchor, Mark } from '../log/anchor.ts'
import { discontinuity } from '../log/discontinuity.ts'
import type { Store } from './contract.ts'
import { systemEvents, treeHead } from './queries/log.ts'
import type { Source } from './queries/source.ts'
import { rootSigned } from './stored-tree.ts'

/** The journal that is missed where this one stands. */
export async function missing(store: Store, anchor: Anchor | undefined): Promise<string | undefined> {
  const last = await anchor?.last()
  return last === store.journal ? undefined : last
}

/** The events by which people accepted that the log went back. */
export async function acceptances(store: Source): Promise<string[]> {
  return (await systemEvents(store, 'rollback_accepted')).map(({ id }) => id)
}

/** What was seen when these were all acceptances is void once there is another. By their ids, since clocks differ. */
export const acceptedSince = (known: readonly string[], now: readonly string[]): boolean => now.some((id) => !known.includes(id))

/** What is wrong with the log in the light of this mark; undefined when it continues it. */
export async function contradicts(store: Source, mark: Mark | undefined): Promise<string | undefined> {
  if (!mark) return undefined
  const { size, cut } = await treeHead(store)
  if (size < mark.size) return discontinuity.shorter(mark.size, size)
  const root = mark.size < cut ? undefined : await rootSigned(store, mark.size)
  if (mark.size >= cut && root?.toString('base64') !== mark.root) return discontinuity.otherThanAnchored(mark.size)
  return undefined
}
