/** The journal of one process: group commit, behind a gate that closes when it cannot store. */
import { withTimeout } from '../../platform/deadline.ts'
import { errorMessage } from '../../platform/error-message.ts'
import type { Sealer } from '../event/seal.ts'
import type { Anchor } from '../log/anchor.ts'
import { publicKey } from '../log/checkpoint.ts'
import { type Entry, entryOf, type Result, type Store, type StoreOptions, systemEvent } from '../store/journal-store.ts'
import { checkSealing } from '../store/pseudonyms.ts'
import { treeHead } from '../store/queries/log.ts'
import { checkTail } from '../store/stored-tree.ts'
import { createBacklog, type Lost } from './backlog.ts'
import { createExpiry } from './expiry.ts'
import { createGate, type GateStatus } from './gate.ts'
import { groupCommit } from './group-commit.ts'
import { createLogEnd } from './log-end.ts'

export interface JournalOptions {
  readonly store: Store
  readonly sealer: Sealer
  readonly instance: string
  readonly keys: StoreOptions['keys']
  readonly anchor?: Anchor | undefined
  /** Gets each new checkpoint, at most one a second: for stdout and the SIEM behind it. */
  readonly onCheckpoint?: (note: string) => void
  readonly onGate?: (status: Status) => void
  /** Events were lost: too many waited, or the process ends. A guarded call whose outcome is lost
   * stays open, and the reconciler finds it. */
  readonly onLost?: (lost: Lost) => void
  readonly now?: () => Date
  /** How often sealed parts are erased whose time is over; by default each hour. */
  readonly expireMs?: number
}

export interface Status extends GateStatus {
  /** Events that wait in memory for the store. */
  readonly waiting: number
  /** How long the first event that the store did not take has waited. */
  readonly lagMs?: number
  /** Events that were lost. */
  readonly dropped: number
  readonly size: number
  readonly anchoredAt?: string
}

export interface Journal {
  readonly store: Store
  readonly sealer: Sealer
  readonly instance: string
  now(): Date
  /** So long ago, by the clock of the day or of this process: by the one that is behind. */
  since(milliseconds: number): Date
  status(): Status
  /** Rejects when the entry could not be committed; the gate is closed then. */
  append(entry: Entry): Promise<Result>
  /** Resolves once the entry is in the log, however long the store is away. */
  appendUntilDone(entry: Entry): Promise<Result>
  /** Appends in the background, as one batch; lost when too many wait. */
  appendLater(entries: readonly Entry[]): void
  /** Counts events that could not even be composed. */
  lose(count: number): void
  closeGate(cause: string): void
  /** An empty commit, as a trial: when it fails, the gate closes. */
  probe(): void
  /** True when the log has fewer events than its anchor; asked with each intent. */
  rolledBack(): Promise<boolean>
  close(): Promise<void>
}

/** A listener that throws must not make a commit look failed. */
const harmless = (tell: () => void): void => {
  try {
    tell()
  } catch {}
}

export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { store, sealer, instance, keys, anchor, onCheckpoint, onGate, onLost, now = () => new Date() } = options
  const begun = now().getTime() - performance.now()
  const append = (entries: readonly Entry[]): Promise<Result[]> =>
    commit(entries).catch((error: unknown) => {
      gate.close(errorMessage(error))
      throw error
    })
  const backlog = createBacklog({ append, now, onLost: (lost) => harmless(() => onLost?.(lost)) })
  const logEnd = createLogEnd({ store, anchor, now, onCheckpoint: (note) => harmless(() => onCheckpoint?.(note)) })
  const expiry = createExpiry({ store, now, append })
  const gate = createGate({
    now,
    changed: () => harmless(() => onGate?.(status())),
    restore: async (closed) => {
      await store.reopen()
      await settle()
      await backlog.flush(commit)
      await writeSystem('gate_opened', closed)
    },
  })
  const commit = groupCommit(
    (entries) => store.commit(entries, logEnd.checkpoint()),
    (batch) => logEnd.grown(batch, gate.isOpen()),
  )
  const writeSystem = (name: string, facts: Readonly<Record<string, string>> = {}): Promise<unknown> =>
    commit([entryOf(systemEvent(name, { instance, ...facts }, now()))])

  const status = (): Status => {
    const anchoredAt = logEnd.anchoredAt()
    return {
      ...gate.status(),
      waiting: backlog.waiting(),
      lagMs: backlog.lagMs(),
      dropped: backlog.dropped(),
      size: logEnd.size(),
      ...(anchoredAt !== undefined && { anchoredAt }),
    }
  }

  /** Before the first write: proves that this is the known log, whole and at its end. An event
   * announces a new first key; the former key still signs it. */
  const settle = async (): Promise<void> => {
    await checkTail(store)
    await checkSealing({ sealer, store })
    await logEnd.settle()
    await expiry.begin()
    const [first] = keys
    const { key: former } = await treeHead(store)
    if (first && publicKey(first) !== former) await commit([entryOf(systemEvent('key_rotated', { key: publicKey(first), former }, now()))])
  }

  try {
    await settle()
    await writeSystem('start')
  } catch (error) {
    gate.close(errorMessage(error))
  }
  const expiring = setInterval(() => {
    if (gate.isOpen()) expiry.step().catch(() => {})
  }, options.expireMs ?? 3_600_000).unref()

  return {
    store,
    sealer,
    instance,
    now,
    since: (milliseconds) => new Date(Math.min(now().getTime(), begun + performance.now()) - milliseconds),
    status,
    append: async (entry) => (await append([entry]))[0]!,
    appendUntilDone: async (entry) => (await backlog.appendUntilDone([entry]))[0]!,
    appendLater: backlog.appendLater,
    lose: backlog.lose,
    closeGate: gate.close,
    probe: () => void append([]).catch(() => {}),
    rolledBack: async () => {
      const wrong = await logEnd.rollback()
      if (wrong !== undefined) gate.close(wrong)
      return wrong !== undefined
    },
    close: async () => {
      const recovering = gate.recovering()
      if (recovering && backlog.waiting() > 0) await withTimeout(3000, recovering)
      await writeSystem('stop').catch(() => {})
      gate.end()
      clearInterval(expiring)
      logEnd.stop()
      await gate.recovering()
      await store.close()
      backlog.close()
    },
  }
}
