/** The end of the log as this process knows it: its size and newest checkpoint, which goes to log
 * and anchor and shows whether the log went back or was replaced. */
import { type Anchor, markOf } from '../log/anchor.ts'
import { discontinuity } from '../log/discontinuity.ts'
import { acceptances, acceptedSince, contradicts, missing } from '../store/continuity.ts'
import type { Committed, Store } from '../store/journal-store.ts'
import { latestCheckpoint, treeHead } from '../store/queries/log.ts'
import { oncePerSecond, oneAtATime } from './throttle.ts'

interface Parts {
  readonly store: Store
  readonly anchor: Anchor | undefined
  readonly onCheckpoint: (note: string) => void
  readonly now: () => Date
}

export const createLogEnd = ({ store, anchor, onCheckpoint, now }: Parts) => {
  let size = 0
  /** The newest checkpoint that this process has seen, an anchor too. */
  let checkpoint: string | undefined
  let accepted: readonly string[] = []
  let anchoredAt: string | undefined
  const published = oncePerSecond(onCheckpoint)
  const raised = oneAtATime(async (note) => {
    await anchor?.raise(store.journal, markOf(note))
    anchoredAt = now().toISOString()
  })

  const compare = async (): Promise<void> => {
    const former = await missing(store, anchor)
    if (former !== undefined) throw new Error(discontinuity.replaced(former, store.journal))
    const highest = await anchor?.highest(store.journal)
    const wrong =
      (await contradicts(store, highest)) ??
      (checkpoint === undefined || acceptedSince(accepted, await acceptances(store))
        ? undefined
        : await contradicts(store, markOf(checkpoint)))
    if (wrong !== undefined) throw new Error(wrong)
  }

  return {
    size: (): number => size,
    checkpoint: (): string | undefined => checkpoint,
    anchoredAt: (): string | undefined => anchoredAt,
    /** `anchored`: whether the anchor may follow. */
    grown: ({ size: grown, note }: Committed, anchored: boolean): void => {
      size = grown
      if (note === undefined) return
      checkpoint = note
      published(note)
      if (anchor && anchored) raised(note)
    },
    /** Before the first write: rejects unless the store's log goes on where this one ended. */
    settle: async (): Promise<void> => {
      await compare()
      await anchor?.use(store.journal)
      checkpoint = await latestCheckpoint(store)
      accepted = await acceptances(store)
      size = (await treeHead(store)).size
    },
    /** Why the log is no continuation of its anchor any more. */
    rollback: async (): Promise<string | undefined> => {
      const highest = await anchor?.highest(store.journal).catch(() => undefined)
      // Only a mark above ours can mean a rollback; mostly another replica was faster.
      return highest && highest.size > size ? await contradicts(store, highest) : undefined
    },
    stop: published.stop,
  }
}
