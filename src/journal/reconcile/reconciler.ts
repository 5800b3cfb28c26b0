/** The checker: finds out, by reading the upstream only, what became of operations that nobody saw end. It writes verdicts, never to the upstream. */

import type { Journal } from '../append/journal.ts'
import { type Event, newId, type Verdict } from '../event/event.ts'
import { partOf } from '../guard/idempotency.ts'
import { entryOf } from '../store/contract.ts'
import { historyOf } from '../store/reader.ts'
import { evidenceOf, type Observation } from './verdicts.ts'

export interface ReconcilerOptions {
  readonly journal: Journal
  /** GET of one user, fresh; throws when there was no answer. */
  readonly read: (tenant: string, id: string) => Promise<Observation>
  /** From the intent: the permit's life, the upstream's time limit, and 30 s for clocks. */
  readonly settleMilliseconds?: number
  /** Between two looks at the same operation; the last is repeated. */
  readonly pauses?: readonly number[]
}

export interface Reconciler extends AsyncDisposable {
  /** One look at all that is open; the number of verdicts given. */
  round(): Promise<number>
  start(everyMilliseconds?: number): void
}

interface Observations {
  tries: number
  nextAt: number
  firstStill?: number
  reads: { of: string; status: number; at: string }[]
}

const TRIES = 6
const APART = 60_000

export function createReconciler({
  journal,
  read,
  settleMilliseconds = 50_000,
  pauses = [APART, 120_000, 300_000, 600_000],
}: ReconcilerOptions): Reconciler {
  const { store, sealer } = journal
  const watches = new Map<string, Observations>()
  const apart = Math.min(APART, pauses[0] ?? APART)

  const beforeOf = async (intent: Event): Promise<unknown> => {
    const [row] = await store.select("SELECT event, part, expires, salt, sealed FROM snapshot WHERE event = $1 AND part = 'before'", [
      intent.id,
    ])
    const opened = row && sealer.openPart(partOf(row), intent.before?.commitment)
    return opened?.bound ? opened.content : undefined
  }

  /** Another operation on the same person at the same time or later: then what we see may be its doing. */
  const hasConcurrent = async (operation: string, seq: number): Promise<boolean> => {
    const rows = await store.select(
      `SELECT 1 FROM target t JOIN target o ON o.token = t.token AND o.seq <> t.seq JOIN operation r ON r.seq = o.seq
       WHERE t.seq = $1 AND r.op <> $2 AND r.state NOT IN ('denied', 'failure', 'not_sent', 'not_applied')
       AND (r.seq > t.seq OR r.state IN ('pending', 'unknown', 'indeterminate', 'contradiction') OR EXISTS (SELECT 1 FROM event e WHERE e.op = r.op AND e.seq > t.seq)) LIMIT 1`,
      [seq, operation],
    )
    return rows.length > 0
  }

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
    const now = journal.now().getTime()
    const watch = watches.get(operation) ?? { tries: 0, nextAt: 0, reads: [] }
    if (now < watch.nextAt) return 0
    const history = await historyOf(store, operation)
    const intent = history?.events[0]?.event
    if (intent?.kind !== 'intent' || now < Date.parse(intent.time) + settleMilliseconds) return 0
    // Its owner lives: it will write the outcome itself.
    if (history?.state === 'pending' && (await store.isAlive(intent.operation?.instance ?? ''))) return 0
    watches.set(operation, watch)
    const observe = async (id: string, of: string): Promise<Observation> => {
      const seen = await read(intent.tenant ?? '', id)
      watch.reads.push({ of, status: seen.status, at: journal.now().toISOString() })
      return seen
    }
    const sign = (await hasConcurrent(operation, seq))
      ? 'unclear'
      : await evidenceOf({ intent, before: await beforeOf(intent), observe: observe }).catch(() => 'unclear' as const)
    // Once more after the reading: what came meanwhile may have changed what was seen.
    if (sign === 'applied' && !(await hasConcurrent(operation, seq))) return resolve(intent, seq, 'applied', watch)
    if (sign === 'still' && watch.firstStill !== undefined && now - watch.firstStill >= apart && !(await hasConcurrent(operation, seq)))
      return resolve(intent, seq, 'not_applied', watch)
    if (sign === 'still') watch.firstStill ??= now
    else delete watch.firstStill
    watch.nextAt = now + (pauses[Math.min(watch.tries, pauses.length - 1)] ?? APART)
    watch.tries += 1
    return watch.tries >= TRIES ? resolve(intent, seq, 'indeterminate', watch) : 0
  }

  const round = async (): Promise<number> => {
    const open = await store.select("SELECT op, seq FROM operation WHERE state IN ('pending', 'unknown') ORDER BY seq LIMIT 500")
    let verdicts = 0
    for (const row of open) verdicts += await check(String(row['op']), Number(row['seq']))
    return verdicts
  }

  let timer: NodeJS.Timeout | undefined
  let running: Promise<unknown> = Promise.resolve()
  return {
    round,
    start: (every = 5000) => {
      const again = (): void => {
        timer = setTimeout(() => {
          running = round()
            .catch(() => {})
            .finally(again)
        }, every).unref()
      }
      again()
    },
    [Symbol.asyncDispose]: async () => {
      clearTimeout(timer)
      await running
      clearTimeout(timer)
    },
  }
}
