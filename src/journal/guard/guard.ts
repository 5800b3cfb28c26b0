/** The guard: no destructive call without a durable intent, and an outcome whatever happens.
 * `begin` → permit → `end`; denied and recorded calls beside it. */
import { Problem } from '../../contract/problems.ts'
import { timedOut, withTimeout } from '../../platform/deadline.ts'
import { errorMessage } from '../../platform/error-message.ts'
import type { Journal } from '../append/journal.ts'
import { createRecorder } from '../append/recorder.ts'
import { entryOf } from '../store/journal-store.ts'
import { composeNow } from '../store/pseudonyms.ts'
import { Late } from '../store/queries/source.ts'
import type { Guard, GuardedCall, OpenOperation, ReplayedOperation } from './call-guard.ts'
import { countDenials } from './denials.ts'
import { createOperations, operationDefaults } from './operation.ts'
import { answerOf, earlierOperation, recall, unavailable } from './repeat.ts'

const defaults = {
  /** Five times the way to a store 400 ms away and back, and as much again for calls before. */
  beginMs: 4000,
  slowMs: 500,
  ...operationDefaults,
}

export function createGuard({ journal, limits }: { journal: Journal; limits?: Partial<typeof defaults> }): Guard {
  const life = { ...defaults, ...limits }
  const { intentOf, notSent, start } = createOperations(journal, life)
  const mustBeOpen = (): void => {
    const { open, cause } = journal.status()
    if (!open) throw unavailable(cause)
  }

  const begin = async (call: GuardedCall): Promise<OpenOperation | ReplayedOperation> => {
    const from = performance.now()
    const left = (): number => Math.max(1, life.beginMs - (performance.now() - from))
    mustBeOpen()
    // A slow read fails this call alone; if writing fails too, the gate closes.
    const slow = setTimeout(journal.probe, life.slowMs)
    const entry = await withTimeout(left(), intentOf(call))
      .catch((error: unknown) => {
        // No call makes one so long; if one did, it must not close the gate for all.
        if (error instanceof RangeError)
          throw new Problem('bad_request', { cause: error, detail: 'The request is too long to be recorded.', outcome: 'not_sent' })
        if (!(error instanceof Late)) journal.closeGate(errorMessage(error))
        throw unavailable(error)
      })
      .finally(() => clearTimeout(slow))
    if (entry === timedOut) throw unavailable(new Late('the journal could not be read in time'))
    const [written, rolledBack] = await Promise.all([
      withTimeout(left(), journal.append(entry)).catch((error: unknown) => ({ failed: error })),
      withTimeout(left(), journal.rolledBack()).catch(() => timedOut),
    ])
    if (written === timedOut || 'failed' in written || rolledBack === true) {
      if (written === timedOut) journal.closeGate('an intent could not be recorded in time')
      // The intent may have been stored, or may be later: this says that nothing was sent.
      void notSent(entry.event)
      throw unavailable(written === timedOut || !('failed' in written) ? undefined : written.failed)
    }
    // An id that was made just now is refused by its key alone.
    return written.refused === undefined ? start(entry.event, written.index) : answerOf(journal, written.operation!, call)
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
