/** The guard's contract: what it needs of a call, and what it gives. */
import type { Status } from '../append/journal.ts'
import type { CallFacts } from '../event/compose.ts'
import type { Event, Outcome } from '../event/event.ts'
import type { AppUserSeen } from '../reconcile/verdicts.ts'
import type { Permit } from './permit.ts'

export interface Answer {
  readonly status: number
  readonly body?: unknown
}

export interface GuardedCall extends CallFacts {
  readonly request: NonNullable<CallFacts['request']>
  readonly idempotencyKey?: string
}

export interface OutcomeFacts {
  /** Particulars of a recorded act. */
  readonly facts?: NonNullable<Event['facts']>
  readonly outcome: Outcome
  readonly upstream?: NonNullable<Event['upstream']>
  readonly response?: Answer
}

export interface OpenOperation {
  readonly replay?: undefined
  /** Value of `Audit-Operation`. */
  readonly id: string
  /** Value of `Audit-Receipt`: index of the intent in the log. */
  readonly index: number
  readonly permit: Permit
  /** Never throws. Without an argument: `unknown` when the permit was used, else `not_sent`.
   * `pending`: not stored in time; it waits in memory. */
  end(ended?: OutcomeFacts): Promise<{ readonly pending: boolean; readonly index?: number }>
}

export interface ReplayedOperation {
  /** The first answer for this Idempotency-Key; nothing is sent. */
  readonly replay: Answer
  readonly id: string
}

/** What a fresh look at the persons of a call found, by role; nobody: one of them is not there. */
export type Observed = 'nobody' | Readonly<Record<string, AppUserSeen>>

/** An operation that the same actor just began by the same request, without an Idempotency-Key. */
export interface EarlierOperation {
  readonly id: string
  /** How it ended, when what was found is what it left behind; undefined when something came after
   * it or nothing came of it, so that a repeat is a call of its own. */
  standing(seen: Observed): Promise<'success' | 'unknown' | undefined>
}

export interface Guard {
  begin(call: GuardedCall): Promise<OpenOperation | ReplayedOperation>
  /** The answer of an earlier call with this key, before anything is read; throws like `begin`. */
  recall(call: GuardedCall): Promise<ReplayedOperation | undefined>
  /** The operation that a call without a key may repeat, as when a proxy passes it on to a second
   * replica; throws `operation_pending` while that runs. */
  earlier(call: GuardedCall): Promise<EarlierOperation | undefined>
  denied(call: CallFacts): void
  /** For writes that are not guarded: one event afterwards, which never stops them. */
  recorded(call: CallFacts, ended: OutcomeFacts): void
  /** Personal data is about to be shown or exported; resolves when the event is durable. */
  viewed(call: CallFacts, facts: Readonly<Record<string, unknown>>): Promise<void>
  status(): Status
  close(): Promise<void>
}
