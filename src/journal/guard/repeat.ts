/** Repeats of a guarded call. By an Idempotency-Key the intent is the record, and a repeat never
 * leads to a second call; a proxy repeats without one when a replica dies. */
import { Problem } from '../../contract/problems.ts'
import type { Journal } from '../append/journal.ts'
import { digestOf } from '../event/compose.ts'
import { decode, type Event, isOpen, statesWithoutEffect, tokensOf } from '../event/event.ts'
import { lifetimes } from '../event/lifetimes.ts'
import type { Sealer } from '../event/seal.ts'
import { evidenceOf } from '../reconcile/verdicts.ts'
import { beforeImageOf, historyOf } from '../store/history.ts'
import { composeNow } from '../store/pseudonyms.ts'
import { operationsOn, operationUnder } from '../store/queries/operations.ts'
import { sealedPart } from '../store/queries/people.ts'
import type { Answer, EarlierOperation, GuardedCall, Observed, ReplayedOperation } from './call-guard.ts'

/** Longer than a permit and the upstream's time limit: after it an intent is not running. */
const runningMs = 25_000

/** Without an outcome, and perhaps still at work. */
const mayRun = (journal: Journal, intent: Event): boolean => journal.now().getTime() - Date.parse(intent.time) < runningMs

export const keyOf = (sealer: Sealer, { tenant, actor, action, idempotencyKey }: GuardedCall): string | undefined =>
  idempotencyKey === undefined ? undefined : sealer.digest(tenant, actor.type, actor.userId ?? '', actor.id ?? '', action, idempotencyKey)

/** Nothing was sent: the call could not be recorded, or its repeat not looked up. */
export const unavailable = (cause?: unknown): Problem =>
  new Problem('journal_unavailable', { cause, outcome: 'not_sent', headers: { 'Retry-After': '1' } })

/** A failed read fails this call alone; a failed write closes the gate, and operators hear. */
const readable = <T>(journal: Journal, read: Promise<T>): Promise<T> =>
  read.catch((cause: unknown) => {
    journal.probe()
    throw unavailable(cause)
  })

export async function recall(journal: Journal, call: GuardedCall): Promise<ReplayedOperation | undefined> {
  const key = keyOf(journal.sealer, call)
  if (key === undefined) return undefined
  const since = journal.since(lifetimes.repeat).toISOString()
  const operation = await readable(journal, operationUnder(journal.store, key, since))
  return operation === undefined ? undefined : answerOf(journal, operation, call)
}

/** The first answer; throws a Problem that says why there is none. */
export async function answerOf(journal: Journal, operation: string, call: GuardedCall): Promise<ReplayedOperation> {
  const headers = { 'Audit-Operation': operation }
  const history = await readable(journal, historyOf(journal.store, operation))
  const intent = history?.events[0]?.event
  if (!history || !intent) throw new Problem('operation_settled', { headers })
  if (intent.request?.digest !== digestOf(journal.sealer, call.request)) throw new Problem('idempotency_key_reused', { headers })
  if (history.state === 'pending' && mayRun(journal, intent)) throw new Problem('operation_pending', { headers })
  if (isOpen(history.state)) throw new Problem('operation_unknown', { headers })
  // What was shown to staff is repeated to nobody who is staff no more.
  if ((intent.context?.['as'] === undefined) !== (call.context?.['as'] === undefined))
    throw new Problem('idempotency_key_reused', { headers })
  const outcome = history.events.find(({ event }) => event.kind === 'outcome')?.event
  const part = outcome && (await readable(journal, sealedPart(journal.store, outcome.id, 'answer')))
  const opened = part && journal.sealer.openPart(part, outcome.answer)
  if (!opened?.bound) throw new Problem('operation_settled', { headers })
  return { id: operation, replay: opened.content as Answer }
}

/** Longer than a proxy waits for a machine without power: 60 s by default. */
const repeatMs = 90_000

/** Without a key: the same request of the same actor a moment ago, if its effect stands. */
export async function earlierOperation(journal: Journal, call: GuardedCall): Promise<EarlierOperation | undefined> {
  const { event: asked } = await readable(journal, composeNow(journal, call))
  const isSame = ({ kind, time, tenant, actor, request }: Event): boolean =>
    kind === 'intent' &&
    journal.now().getTime() - Date.parse(time) < repeatMs &&
    tenant === asked.tenant &&
    actor?.type === asked.actor?.type &&
    actor?.id === asked.actor?.id &&
    request?.digest === asked.request?.digest
  const found = await readable(journal, operationsOn(journal.store, call.action, tokensOf({ ...asked, kind: 'intent' })))
  const [earlier] = found.flatMap(({ state, body }) => {
    const intent = decode(body)
    return !statesWithoutEffect.includes(state) && isSame(intent) ? [{ state, intent }] : []
  })
  if (!earlier) return undefined
  const { state, intent } = earlier
  const id = intent.operation!.id
  if (state === 'pending' && mayRun(journal, intent)) throw new Problem('operation_pending', { headers: { 'Audit-Operation': id } })
  const ended = isOpen(state) ? 'unknown' : 'success'
  return { id, standing: async (seen) => ((await stands(journal, intent, ended, seen)) ? ended : undefined) }
}

async function stands(journal: Journal, intent: Event, ended: 'success' | 'unknown', seen: Observed): Promise<boolean> {
  if (seen === 'nobody') return true
  const known = intent.targets?.map(({ smoochId }) => smoochId)
  // Another user has the name now: the person was created anew.
  if (Object.values(seen).some(({ _id }) => !known?.includes(_id))) return false
  // The vendor completes an accepted deletion later.
  if (intent.action === 'delete_app_user' && ended === 'success') return true
  const before = await readable(journal, beforeImageOf(journal, intent))
  const observe = (_id: string, of: string) => Promise.resolve({ status: 200, appUser: seen[of]! })
  return (await evidenceOf({ intent, before, observe })) === 'applied'
}
