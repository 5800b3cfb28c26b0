/** The guard: no destructive call without a durable intent, and an outcome whatever happens. `begin` → permit → `end`; denied and recorded calls beside it. */

import { Problem } from '../../contract/problems.ts'
import { messageOf } from '../../platform/error-message.ts'
import { isSpent, issuePermit, type Permit } from '../../upstream/permit.ts'
import type { Journal, Status } from '../append/journal.ts'
import { createRecorder } from '../append/recorder.ts'
import { LATE, within } from '../append/throttle.ts'
import { type Asked, composeNow, digestOf } from '../event/compose.ts'
import { type Event, newId, type Outcome, type Ruled } from '../event/event.ts'
import type { Part } from '../event/seal.ts'
import { type Entry, entryOf, Late } from '../store/contract.ts'
import { countDenials } from './denials.ts'
import { type Answer, answerOf, keyOf, recall } from './idempotency.ts'

export interface GuardedCall extends Asked {
  readonly request: NonNullable<Asked['request']>
  /** What stood there, freshly read; `unavailable` when it could not be. */
  readonly before?:
    | { readonly state: 'captured'; readonly image: unknown; readonly fields: readonly string[] }
    | { readonly state: 'unavailable' }
  readonly idempotencyKey?: string
}

export interface Ended {
  /** Particulars of a recorded act. */
  readonly facts?: NonNullable<Event['facts']>
  readonly outcome: Outcome
  readonly upstream?: NonNullable<Event['upstream']>
  readonly response?: Answer
}

export interface Begun {
  readonly replay?: undefined
  /** For `Audit-Operation`. */
  readonly id: string
  /** For `Audit-Receipt`: where the intent stands in the log. */
  readonly index: number
  readonly permit: Permit
  /** Never throws. Without an argument: unknown when the permit was spent, else not sent. `pending`: the store did not take it in time; it is kept in memory and retried. */
  end(ended?: Ended): Promise<{ readonly pending: boolean; readonly index?: number }>
}

export interface Replayed {
  /** The first answer to this Idempotency-Key; nothing is to be sent. */
  readonly replay: Answer
  readonly id: string
}

export interface Guard {
  begin(call: GuardedCall): Promise<Begun | Replayed>
  /** The answer of an earlier call with this key, so that nothing need be read before it; throws as `begin` would. */
  recall(call: GuardedCall): Promise<Replayed | undefined>
  denied(asked: Asked): void
  /** For writes that are not guarded: one event, after the fact, that never stops them. */
  recorded(asked: Asked, ended: Ended): void
  /** Personal data was shown or exported: durable before it is. */
  viewed(asked: Asked, facts: Readonly<Record<string, unknown>>): Promise<void>
  status(): Status
  close(): Promise<void>
}

export interface GuardOptions {
  readonly journal: Journal
  readonly limits?: Partial<typeof defaults>
}

const defaults = {
  beginMilliseconds: 2000,
  slowMilliseconds: 100,
  endMilliseconds: 1000,
  permitMilliseconds: 5000,
  snapshotMilliseconds: 30 * 86_400_000,
  answerMilliseconds: 86_400_000,
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
    const { before } = call
    const until = Date.parse(event.time) + life.snapshotMilliseconds
    const image: { row: Part; commitment: string } | undefined =
      before?.state === 'captured' && life.snapshotMilliseconds > 0 ? sealer.part(event.id, 'before', before.image, until) : undefined
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
        ...(before && {
          before: {
            state: before.state,
            ...(before.state === 'captured' && { fields: before.fields }),
            ...(image && { commitment: image.commitment, until: new Date(until).toISOString().slice(0, 10) }),
          },
        }),
      },
      image ? [...parts, image.row] : parts,
      subjects,
    )
  }

  const outcomeOf = (intent: Ruled, index: number | undefined, { outcome, upstream, response }: Ended): Entry => {
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

  const started = (intent: Ruled, index: number): Begun => {
    const permit = issuePermit(intent.operation!.id, intent.action, life.permitMilliseconds)
    let ending: ReturnType<Begun['end']> | undefined
    const end = async (ended: Ended): ReturnType<Begun['end']> => {
      const done = await within(life.endMilliseconds, journal.keep(outcomeOf(intent, index, ended)))
      if (done === LATE) journal.shut('an outcome could not be recorded in time')
      return done === LATE ? { pending: true } : { pending: false, ...(done.index !== undefined && { index: done.index }) }
    }
    return {
      id: intent.operation!.id,
      index,
      permit,
      end: (ended = { outcome: isSpent(permit) ? 'unknown' : 'not_sent' }) => {
        // An outcome that claims nothing was sent cannot be right when the permit is spent.
        const honest: Ended = ended.outcome === 'not_sent' && isSpent(permit) ? { ...ended, outcome: 'unknown' } : ended
        ending ??= end(honest)
        return ending
      },
    }
  }

  const begin = async (call: GuardedCall): Promise<Begun | Replayed> => {
    const from = performance.now()
    const left = (): number => Math.max(1, life.beginMilliseconds - (performance.now() - from))
    mustBeOpen()
    // A read that is slow is this call's alone; when nothing can be written either, the gate closes.
    const slow = setTimeout(journal.probe, life.slowMilliseconds)
    const entry = await within(left(), intentOf(call))
      .catch((error: unknown) => {
        if (error instanceof RangeError)
          throw new Problem('bad_request', { cause: error, detail: 'The request is too long to be recorded.', outcome: 'not_sent' })
        if (!(error instanceof Late)) journal.shut(messageOf(error))
        throw unavailable(error)
      })
      .finally(() => clearTimeout(slow))
    if (entry === LATE) throw unavailable(new Late('the journal could not be read in time'))
    const [written, rolledBack] = await Promise.all([
      within(left(), journal.append(entry)).catch((error: unknown) => ({ failed: error })),
      within(left(), journal.rolledBack()).catch(() => LATE),
    ])
    if (written === LATE || 'failed' in written || rolledBack === true) {
      if (written === LATE) journal.shut('an intent could not be recorded in time')
      // It may be in the log all the same, or get there late: then this says that nothing came of it.
      void journal.keep(outcomeOf(entry.event, undefined, { outcome: 'not_sent' }))
      throw unavailable(written === LATE || !('failed' in written) ? undefined : written.failed)
    }
    if (written.refused === undefined) return started(entry.event, written.index)
    if (written.refused === 'key_in_use') return answerOf(journal, written.operation!, digestOf(journal, call.request))
    throw new Problem('internal', { cause: new Error(`an intent was refused: ${written.refused}`), outcome: 'not_sent' })
  }

  const recorder = createRecorder(journal)
  const denials = countDenials((asked, count) =>
    recorder.add(count === undefined ? asked : { ...asked, targets: [] }, { kind: 'denied', ...(count !== undefined && { count }) }),
  )

  return {
    begin,
    recall: (call) => recall(journal, call),
    denied: denials.add,
    recorded: (asked, { outcome, upstream, response, facts }) =>
      recorder.add(asked, {
        kind: 'outcome',
        recorded: true,
        outcome,
        ...(upstream && { upstream }),
        ...(response && { response: { status: response.status } }),
        ...(facts && { facts }),
      }),
    viewed: async (asked, facts) => {
      mustBeOpen()
      const { event, parts, subjects } = await composeNow(journal, asked).catch((error: unknown) => {
        throw unavailable(error)
      })
      await journal.append(entryOf({ ...event, kind: 'viewed', facts }, parts, subjects)).catch((error: unknown) => {
        throw unavailable(error)
      })
    },
    status: journal.status,
    close: async () => {
      denials.close()
      await recorder.close()
      await journal.close()
    },
  }
}
