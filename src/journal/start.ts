/** The journal of a serving process: store, guard and reconciler. */

import { repeated } from '../platform/repeated.ts'
import type { Lost } from './append/backlog.ts'
import { type Journal, openJournal, type Status } from './append/journal.ts'
import type { Guard } from './guard/call-guard.ts'
import { createGuard } from './guard/guard.ts'
import { type Anchor, anchorInMemory } from './log/anchor.ts'
import { createReaders, type Readers } from './readers.ts'
import { createReconciler, type Reconciler } from './reconcile/reconciler.ts'
import type { Observation } from './reconcile/verdicts.ts'
import type { StoreOptions } from './store/journal-store.ts'
import { openFor, type Secrets } from './store/open.ts'

interface StartOptions {
  readonly url: string
  readonly secrets: Secrets
  readonly anchor?: Anchor | undefined
  readonly onCheckpoint: (note: string) => void
  readonly onGate: (status: Status) => void
  readonly onLost: (lost: Lost) => void
  readonly onThreadEnd: NonNullable<StoreOptions['onThreadEnd']>
  /** GET of one user, uncached; throws without an answer. */
  readonly read: (tenant: string, id: string) => Promise<Observation>
}

export interface RunningJournal {
  readonly journal: Journal
  readonly guard: Guard
  readonly readers: Readers
  /** Guarded calls without a known outcome, when last looked. */
  openOperations(): number
  readonly watch: Reconciler['watch']
  close(): Promise<void>
}

const reconcileEveryMs = 5_000

export const startJournal = async (options: StartOptions): Promise<RunningJournal> => {
  const { url, secrets, anchor, onCheckpoint, onGate, onLost, onThreadEnd, read } = options
  const opened = await openFor('service', url, secrets, { onThreadEnd })
  const journal = await openJournal({ ...opened, anchor: anchor ?? anchorInMemory(), onCheckpoint, onGate, onLost })
  const guard = createGuard({ journal })
  const reconciler = createReconciler({ journal, read })
  const reconciling = repeated(reconcileEveryMs, async () => void (await reconciler.round()))
  return {
    journal,
    guard,
    readers: createReaders(opened.store),
    openOperations: reconciler.open,
    watch: reconciler.watch,
    close: async () => {
      await reconciling[Symbol.asyncDispose]()
      await guard.close()
    },
  }
}
