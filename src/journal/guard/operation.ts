/** One guarded operation: the intent, its permit, and one outcome. */
import { timedOut, withTimeout } from '../../platform/deadline.ts'
import type { Journal } from '../append/journal.ts'
import { sealBefore } from '../event/compose.ts'
import { type EventHeader, newId } from '../event/event.ts'
import { lifetimes } from '../event/lifetimes.ts'
import { type Entry, entryOf } from '../store/journal-store.ts'
import { composeNow } from '../store/pseudonyms.ts'
import type { GuardedCall, OpenOperation, OutcomeFacts } from './call-guard.ts'
import { issuePermit, isUsed } from './permit.ts'
import { keyOf } from './repeat.ts'

export const operationDefaults = {
  /** Longest wait of the caller for the outcome, then of the gate. */
  endMs: 1000,
  recordMs: 4000,
  permitMs: 5000,
}

export const createOperations = (journal: Journal, life: typeof operationDefaults) => {
  const { sealer } = journal

  const intentOf = async (call: GuardedCall): Promise<Entry> => {
    const { event, parts, subjects } = await composeNow(journal, call)
    const before = sealBefore(sealer, event, call.before)
    const key = keyOf(sealer, call)
    return entryOf(
      {
        ...event,
        kind: 'intent',
        operation: {
          id: newId('op'),
          instance: journal.instance,
          ...(key !== undefined && { key }),
          deadline: new Date(Date.parse(event.time) + life.permitMs).toISOString(),
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
      response && intent.operation?.key !== undefined ? sealer.part(id, 'answer', response, at.getTime() + lifetimes.repeat) : undefined
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
    if ((await withTimeout(life.recordMs, recorded)) === timedOut) journal.closeGate('an outcome could not be recorded in time')
  }

  const start = (intent: EventHeader, index: number): OpenOperation => {
    const permit = issuePermit(intent.operation!.id, intent.action, life.permitMs)
    let ending: ReturnType<OpenOperation['end']> | undefined
    const end = async (ended: OutcomeFacts): ReturnType<OpenOperation['end']> => {
      const recorded = journal.appendUntilDone(outcomeOf(intent, index, ended))
      const done = await withTimeout(life.endMs, recorded)
      if (done === timedOut) void watch(recorded)
      return done === timedOut ? { pending: true } : { pending: false, ...(done.index !== undefined && { index: done.index }) }
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

  return {
    intentOf,
    /** Of an intent that is in the log, or may be later. */
    notSent: (intent: EventHeader): Promise<unknown> => journal.appendUntilDone(outcomeOf(intent, undefined, { outcome: 'not_sent' })),
    /** The intent is in the log at this place. */
    start,
  }
}
