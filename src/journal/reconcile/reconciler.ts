/** The reconciler: finds out, only by reading the upstream, how operations without an outcome
 * ended. It writes verdicts to the journal. */
import type { Journal } from '../append/journal.ts'
import { type Event, newId, type Verdict } from '../event/event.ts'
import { beforeImageOf, historyOf } from '../store/history.ts'
import { entryOf } from '../store/journal-store.ts'
import { hasConcurrent, withoutOutcome } from '../store/queries/operations.ts'
import { evidenceOf, type Observation } from './verdicts.ts'

interface ReconcilerOptions {
  readonly journal: Journal
  /** GET of one user, uncached; throws without an answer. */
  readonly read: (tenant: string, id: string) => Promise<Observation>
  /** Milliseconds of a clock that nobody can set, since the time between two reads counts. */
  readonly clock?: () => number
}

/** What the reconciler of this process knows of an operation. */
export interface Watch {
  readonly tries: number
  readonly maxTries: number
  /** ISO 8601. */
  readonly next: string
  readonly reads: readonly { readonly of: string; readonly status: number; readonly at: string }[]
}

interface Observations {
  tries: number
  nextAt: number
  unchangedSince?: number
  reads: { of: string; status: number; at: string }[]
}

/** Wait after this process has first seen the intent, however old it seems to be: the permit's
 * life, the upstream's time limit, and as long again. */
const settledMs = 50_000
const maxTries = 6
const apartMs = 60_000
/** Between two reads for one operation; the last is repeated. */
const pausesMs = [apartMs, 120_000, 300_000, 600_000] as const

export function createReconciler({ journal, read, clock = () => performance.now() }: ReconcilerOptions) {
  const { store } = journal
  const watches = new Map<string, Observations>()

  const resolve = async (intent: Event, seq: number, verdict: Verdict, watch: Observations): Promise<number> => {
    const event: Event = {
      v: 1,
      id: newId('evt'),
      kind: 'resolved',
      time: journal.now().toISOString(),
      action: intent.action,
      ...(intent.tenant !== undefined && { tenant: intent.tenant }),
      operation: { id: intent.operation!.id },
      verdict,
      evidence: { source: 'read', reads: watch.reads.slice(-12) },
      by: 'checker',
      intentIndex: seq,
    }
    const { refused } = await journal.append(entryOf(event))
    watches.delete(intent.operation!.id)
    return refused === undefined ? 1 : 0
  }

  const check = async (operation: string, seq: number): Promise<number> => {
    const now = clock()
    const watch = watches.get(operation) ?? { tries: 0, nextAt: now + settledMs, reads: [] }
    watches.set(operation, watch)
    if (now < watch.nextAt) return 0
    const history = await historyOf(store, operation)
    const intent = history?.events[0]?.event
    if (intent?.kind !== 'intent') return 0
    // The process that owns it lives, and will write the outcome.
    if (history?.state === 'pending' && (await store.isAlive(intent.operation?.instance ?? ''))) return 0
    const observe = async (id: string, of: string): Promise<Observation> => {
      const seen = await read(intent.tenant ?? '', id)
      watch.reads.push({ of, status: seen.status, at: journal.now().toISOString() })
      return seen
    }
    // With a concurrent operation on the person, what is seen may be its effect.
    const evidence = (await hasConcurrent(store, operation, seq))
      ? 'unclear'
      : await evidenceOf({ intent, before: await beforeImageOf(journal, intent), observe }).catch(() => 'unclear' as const)
    // Asked again after the read: another operation may have begun meanwhile.
    if (evidence === 'applied' && !(await hasConcurrent(store, operation, seq))) return resolve(intent, seq, 'applied', watch)
    if (
      evidence === 'unchanged' &&
      watch.unchangedSince !== undefined &&
      now - watch.unchangedSince >= apartMs &&
      !(await hasConcurrent(store, operation, seq))
    )
      return resolve(intent, seq, 'not_applied', watch)
    if (evidence === 'unchanged') watch.unchangedSince ??= now
    else delete watch.unchangedSince
    watch.nextAt = now + (pausesMs[watch.tries] ?? pausesMs.at(-1)!)
    watch.tries += 1
    return watch.tries >= maxTries ? resolve(intent, seq, 'indeterminate', watch) : 0
  }

  let count = 0
  const round = async (): Promise<number> => {
    let verdicts = 0
    const found = await withoutOutcome(store)
    for (const { id, index } of found) verdicts += await check(id, index)
    const open = new Set(found.map(({ id }) => id))
    for (const id of watches.keys()) if (!open.has(id)) watches.delete(id)
    count = found.length - verdicts
    return verdicts
  }

  return {
    /** One pass over all open operations; resolves to the number of verdicts. */
    round,
    /** Open operations that the last pass found. */
    open: (): number => count,
    /** By the intent of the operation. */
    watch: ({ operation }: Pick<Event, 'operation'>): Watch => {
      const { tries = 0, nextAt = clock() + settledMs, reads = [] } = watches.get(operation?.id ?? '') ?? {}
      const next = journal.now().getTime() + Math.max(0, nextAt - clock())
      return { tries, maxTries, next: new Date(next).toISOString(), reads }
    },
  }
}

export type Reconciler = ReturnType<typeof createReconciler>
