/** The journal of one process: appends by group commit, the gate that closes when events cannot be
 * stored, recovery, and anchors. */

import { setTimeout as sleep } from 'node:timers/promises'
import { withTimeout } from '../../platform/deadline.ts'
import { errorMessage } from '../../platform/error-message.ts'
import type { Sealer } from '../event/seal.ts'
import { type Anchor, markOf } from '../log/anchor.ts'
import { publicKey } from '../log/checkpoint.ts'
import { discontinuity } from '../log/discontinuity.ts'
import { acceptances, acceptedSince, contradicts, missing } from '../store/continuity.ts'
import { type Committed, type Entry, entryOf, type Result, type Store, type StoreOptions, systemEvent } from '../store/journal-store.ts'
import { checkSealing } from '../store/pseudonyms.ts'
import { latestCheckpoint, latestTime, treeHead } from '../store/queries/log.ts'
import { checkTail } from '../store/stored-tree.ts'
import { createBacklog, type Lost } from './backlog.ts'
import { createExpiry } from './expiry.ts'
import { groupCommit } from './group-commit.ts'
import { oncePerSecond, oneAtATime } from './throttle.ts'

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
  readonly expireMilliseconds?: number
}

export interface Status {
  readonly open: boolean
  readonly cause?: string
  readonly since?: string
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

const BACK_OFF = [100, 250, 500, 1000, 2000]

/** A listener that throws must not make a commit look failed. */
const harmless = (tell: () => void): void => {
  try {
    tell()
  } catch {}
}

export async function openJournal({
  store,
  sealer,
  instance,
  keys,
  anchor,
  onCheckpoint,
  onGate,
  onLost,
  now = () => new Date(),
  expireMilliseconds = 3_600_000,
}: JournalOptions): Promise<Journal> {
  let cause: string | undefined
  let since = now().toISOString()
  let size = 0
  let anchoredAt: string | undefined
  const ending = new AbortController()
  let recovering: Promise<void> | undefined
  let renewed: string | undefined

  const status = (): Status => ({
    open: cause === undefined && !ending.signal.aborted,
    ...(cause !== undefined && { cause, since }),
    waiting: backlog.waiting(),
    lagMs: backlog.lagMs(),
    dropped: backlog.dropped(),
    size,
    ...(anchoredAt !== undefined && { anchoredAt }),
  })
  const closeGate = (why: string): void => {
    if (ending.signal.aborted) return
    if (cause === undefined) {
      cause = why
      since = now().toISOString()
      harmless(() => onGate?.(status()))
    }
    if (recovering) renewed = why
    recovering ??= recover().finally(() => {
      recovering = undefined
    })
  }

  // The newest checkpoint this process has seen, an anchor too.
  let mine: string | undefined
  let accepted: readonly string[] = []
  const published = oncePerSecond((note) => harmless(() => onCheckpoint?.(note)))
  const raised = oneAtATime(async (note) => {
    await anchor?.raise(store.journal, markOf(note))
    anchoredAt = now().toISOString()
  })
  const onCommitted = ({ size: grown, note }: Committed): void => {
    size = grown
    if (note === undefined) return
    mine = note
    published(note)
    if (anchor && cause === undefined) raised(note)
  }
  const commit = groupCommit((entries) => store.commit(entries, mine), onCommitted)
  const append = (entries: readonly Entry[]): Promise<Result[]> =>
    commit(entries).catch((error: unknown) => {
      closeGate(errorMessage(error))
      throw error
    })
  const backlog = createBacklog({ append, now, onLost: (lost) => harmless(() => onLost?.(lost)) })

  const compare = async (): Promise<void> => {
    const former = await missing(store, anchor)
    if (former !== undefined) throw new Error(discontinuity.replaced(former, store.journal))
    const highest = await anchor?.highest(store.journal)
    const wrong =
      (await contradicts(store, highest)) ??
      (mine === undefined || acceptedSince(accepted, await acceptances(store)) ? undefined : await contradicts(store, markOf(mine)))
    if (wrong !== undefined) throw new Error(wrong)
  }
  const expiry = createExpiry(now)
  const remember = async (): Promise<void> => {
    expiry.begin(await latestTime(store))
    mine = await latestCheckpoint(store)
    accepted = await acceptances(store)
    size = (await treeHead(store)).size
  }

  /** Closes and reopens the store, checks its tail, writes what waits; only then the gate opens. */
  async function recover(): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      // Ended early at the stop: nothing else keeps the process alive until then, and it would end
      // without closing.
      await sleep(BACK_OFF[Math.min(tries, BACK_OFF.length - 1)], undefined, { ref: false, signal: ending.signal }).catch(() => {})
      if (ending.signal.aborted) return
      renewed = undefined
      try {
        await store.reopen()
        await settle()
        await backlog.flush(commit)
        await commit([entryOf(systemEvent('gate_opened', { instance, cause, since }, now()))])
        cause = renewed
        if (cause !== undefined) continue
        harmless(() => onGate?.(status()))
        return
      } catch (error) {
        cause = errorMessage(error)
      }
    }
  }

  /** Writes the event that announces a new first key; the former key still signs it. */
  const rotate = async (): Promise<void> => {
    const [first] = keys
    const { key } = await treeHead(store)
    if (first && publicKey(first) !== key)
      await commit([entryOf(systemEvent('key_rotated', { key: publicKey(first), former: key }, now()))])
  }
  /** Before the first write: proves that this is the known log, whole and at its end. */
  async function settle(): Promise<void> {
    await checkTail(store)
    await checkSealing({ sealer, store })
    await compare()
    await anchor?.use(store.journal)
    await remember()
    await rotate()
  }

  try {
    await settle()
    await commit([entryOf(systemEvent('start', { instance }, now()))])
  } catch (error) {
    closeGate(errorMessage(error))
  }
  const expiring = setInterval(() => {
    const until = expiry.next()
    if (until !== undefined) store.expire(until).catch(() => {})
  }, expireMilliseconds).unref()

  return {
    store,
    sealer,
    instance,
    now,
    status,
    append: async (entry) => (await append([entry]))[0]!,
    appendUntilDone: async (entry) => (await backlog.appendUntilDone([entry]))[0]!,
    appendLater: backlog.appendLater,
    lose: backlog.lose,
    closeGate,
    probe: () => void append([]).catch(() => {}),
    rolledBack: async () => {
      const highest = await anchor?.highest(store.journal).catch(() => undefined)
      // Only a mark above ours can mean a rollback; mostly another replica was faster.
      if (!highest || highest.size <= size) return false
      const wrong = await contradicts(store, highest)
      if (wrong !== undefined) closeGate(wrong)
      return wrong !== undefined
    },
    close: async () => {
      if (recovering && backlog.waiting() > 0) await withTimeout(3000, recovering)
      await commit([entryOf(systemEvent('stop', { instance }, now()))]).catch(() => {})
      ending.abort()
      clearInterval(expiring)
      published.stop()
      await recovering
      await store.close()
      backlog.close()
    },
  }
}
