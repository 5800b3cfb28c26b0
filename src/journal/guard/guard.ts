/** The guard: no destructive call without a durable intent, and an outcome whatever happens.
 * `begin` → permit → `end`; denied and recorded calls beside it. */
import { Problem } from '../../contract/problems.ts'
import { TIMED_OUT, withTimeout } from '../../platform/deadline.ts'
import { errorMessage } from '../../platform/error-message.ts'
import type { Journal } from '../append/journal.ts'
import { createRecorder } from '../append/recorder.ts'
import { sealBefore } from '../event/compose.ts'
import { type EventHeader, newId } from '../event/event.ts'
import { lifetimes } from '../event/lifetimes.ts'
import { type Entry, entryOf } from '../store/journal-store.ts'
import { composeNow } from '../store/pseudonyms.ts'
import { Late } from '../store/queries/source.ts'
import type { Guard, GuardedCall, OpenOperation, OutcomeFacts, ReplayedOperation } from './call-guard.ts'
import { countDenials } from './denials.ts'
import { issuePermit, isUsed } from './permit.ts'
import { answerOf, earlierOperation, keyOf, recall } from './repeat.ts'

export interface GuardOptions {
  readonly journal: Journal
  readonly limits?: Partial<typeof defaults>
}

const defaults = {
  /** Five times the way to a store 400 ms away and back, and as much again for calls before. */
  beginMilliseconds: 4000,
  slowMilliseconds: 500,
  /** Longest wait of the caller for the outcome, then of the gate. */
  endMilliseconds: 1000,
  recordMilliseconds: 4000,
  permitMilliseconds: 5000,
  snapshotMilliseconds: lifetimes.before,
  answerMilliseconds: lifetimes.repeat,
}

export function createGuard({ journal, limits }: GuardOptions): Guard {
  const { sealer } = journal
  const life = { ...defaults, ...limits }
  const unavailable = (cause?: unknown): Problem =>
    new Problem('journal_unavailable', { cause, outcome: 'not_sent', headers: { 'Retry-After': '1' } })
  const mustBeOpen = (): void => {
    const { open, cause } = journal.status()
    if (!open) throw unavailable(cause)
  }

  const intentOf = async (call: GuardedCall): Promise<Entry> => {
    const { event, parts, subjects } = await composeNow(journal, call)
    const before = sealBefore(sealer, event, call.before, life.snapshotMilliseconds)
    const key = keyOf(sealer, call)
    return entryOf(
      {
        ...event,
        kind: 'intent',
        operation: {
          id: newId('op'),
          instance: journal.instance,
          ...(key !== undefined && { key }),
          deadline: new Date(Date.parse(event.time) + life.permitMilliseconds).toISOString(),
        },
        ...before.facts,
      },
      [...parts, ...before.parts],
      subjects,
    )
  }

  const outcomeOf = (intent: EventHeader, index: number | undefined, { outcome, upstream, response }: OutcomeFacts): Entry => {
    const at = journal.now()
    const id = newId('evt')
    const answer =
      response && intent.operation?.key !== undefined
        ? sealer.part(id, 'answer', response, at.getTime() + life.answerMilliseconds)
        : undefined
    return entryOf(
      {
        v: 1,
        id,
        kind: 'outcome',
        time: at.toISOString(),
        action: intent.action,
        ...(intent.tenant !== undefined && { tenant: intent.tenant }),
        operation: { id: intent.operation!.id, instance: journal.instance },
        outcome,
        ...(upstream && { upstream }),
        ...(response && { response: { status: response.status } }),
        ...(answer && { answer: answer.commitment }),
        ...(index !== undefined && { intentIndex: index }),
      },
      answer ? [answer.row] : [],
    )
  }

  const watch = async (recorded: Promise<unknown>): Promise<void> => {
    if ((await withTimeout(life.recordMilliseconds, recorded)) === TIMED_OUT) journal.closeGate('an outcome could not be recorded in time')
  }

  const started = (intent: EventHeader, index: number): OpenOperation => {
    const permit = issuePermit(intent.operation!.id, intent.action, life.permitMilliseconds)
    let ending: ReturnType<OpenOperation['end']> | undefined
    const end = async (ended: OutcomeFacts): ReturnType<OpenOperation['end']> => {
      const recorded = journal.appendUntilDone(outcomeOf(intent, index, ended))
      const done = await withTimeout(life.endMilliseconds, recorded)
      if (done === TIMED_OUT) void watch(recorded)
      return done === TIMED_OUT ? { pending: true } : { pending: false, ...(done.index !== undefined && { index: done.index }) }
    }
    return {
      id: intent.operation!.id,
      index,
      permit,
      end: (ended = { outcome: isUsed(permit) ? 'unknown' : 'not_sent' }) => {
        // `not_sent` cannot be right when the permit was used.
        const honest: OutcomeFacts = ended.outcome === 'not_sent' && isUsed(permit) ? { ...ended, outcome: 'unknown' } : ended
        ending ??= end(honest)
        return ending
      },
    }
  }

  const begin = async (call: GuardedCall): Promise<OpenOperation | ReplayedOperation> => {
    const from = performance.now()
    const left = (): number => Math.max(1, life.beginMilliseconds - (performance.now() - from))
    mustBeOpen()
    // A slow read fails this call alone; if writing fails too, the gate closes.
    const slow = setTimeout(journal.probe, life.slowMilliseconds)
    const entry = await withTimeout(left(), intentOf(call))
      .catch((error: unknown) => {
        if (error instanceof RangeError)
          throw new Problem('bad_request', { cause: error, detail: 'The request is too long to be recorded.', outcome: 'not_sent' })
        if (!(error instanceof Late)) journal.closeGate(errorMessage(error))
        throw unavailable(error)
      })
      .finally(() => clearTimeout(slow))
    if (entry === TIMED_OUT) throw unavailable(new Late('the journal could not be read in time'))
    const [written, rolledBack] = await Promise.all([
      withTimeout(left(), journal.append(entry)).catch((error: unknown) => ({ failed: error })),
      withTimeout(left(), journal.rolledBack()).catch(() => TIMED_OUT),
    ])
    if (written === TIMED_OUT || 'failed' in written || rolledBack === true) {
      if (written === TIMED_OUT) journal.closeGate('an intent could not be recorded in time')
      // The intent may have been stored, or may be later: this says that nothing was sent.
      void journal.appendUntilDone(outcomeOf(entry.event, undefined, { outcome: 'not_sent' }))
      throw unavailable(written === TIMED_OUT || !('failed' in written) ? undefined : written.failed)
    }
    if (written.refused === undefined) return started(entry.event, written.index)
    if (written.refused === 'key_in_use') return answerOf(journal, written.operation!, call)
    throw new Problem('internal', { cause: new Error(`an intent was refused: ${written.refused}`), outcome: 'not_sent' })
  }

  const recorder = createRecorder(journal)
  const denials = countDenials((facts, count) =>
    recorder.add(count === undefined ? facts : { ...facts, targets: [] }, { kind: 'denied', ...(count !== undefined && { count }) }),
  )

  return {
    begin,
    recall: (call) => recall(journal, call),
    earlier: (call) => earlierOperation(journal, call),
    denied: denials.add,
    recorded: (call, { outcome, upstream, response, facts }) =>
      recorder.add(call, {
        kind: 'outcome',
        recorded: true,
        outcome,
        ...(upstream && { upstream }),
        ...(response && { response: { status: response.status } }),
        ...(facts && { facts }),
      }),
    viewed: async (call, facts) => {
      mustBeOpen()
      try {
        const { event, parts, subjects } = await composeNow(journal, call)
        await journal.append(entryOf({ ...event, kind: 'viewed', facts }, parts, subjects))
      } catch (error) {
        throw unavailable(error)
      }
    },
    status: () => {
      const status = journal.status()
      return { ...status, waiting: status.waiting + recorder.waiting() }
    },
    close: async () => {
      denials.close()
      await recorder.close()
      await journal.close()
    },
  }
}
