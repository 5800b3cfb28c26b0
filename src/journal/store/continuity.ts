/** Continuity of the log with its anchor and the journal before, but for accepted rollbacks. */
import type { Anchor, Mark } from '../log/anchor.ts'
import { discontinuity } from '../log/discontinuity.ts'
import type { Store } from './journal-store.ts'
import { systemEvents, treeHead } from './queries/log.ts'
import type { Source } from './queries/source.ts'
import { rootSigned } from './stored-tree.ts'

/** Id of the journal that should be here in place of this one. */
export async function missing(store: Store, anchor: Anchor | undefined): Promise<string | undefined> {
  const last = await anchor?.last()
  return last === store.journal ? undefined : last
}

/** Ids of the events by which people accepted rollbacks. */
export async function acceptances(store: Source): Promise<string[]> {
  return (await systemEvents(store, 'rollback_accepted')).map(({ id }) => id)
}

/** True when a rollback was accepted since `known`. By ids, since clocks differ. */
export const acceptedSince = (known: readonly string[], now: readonly string[]): boolean => now.some((id) => !known.includes(id))

/** Why the log does not continue this mark; undefined when it does. */
export async function contradicts(store: Source, mark: Mark | undefined): Promise<string | undefined> {
  if (!mark) return undefined
  const { size, cut } = await treeHead(store)
  if (size < mark.size) return discontinuity.shorter(mark.size, size)
  const root = mark.size < cut ? undefined : await rootSigned(store, mark.size)
  if (mark.size >= cut && root?.toString('base64') !== mark.root) return discontinuity.otherThanAnchored(mark.size)
  return undefined
}
