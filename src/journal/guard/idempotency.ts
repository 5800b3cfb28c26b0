/** Repeats of an Idempotency-Key: the intent is its record, and a repeat never leads to a second
 * call. */
import { Problem } from '../../contract/problems.ts'
import type { Journal } from '../append/journal.ts'
import { digestOf } from '../event/compose.ts'
import { type Event, isOpen } from '../event/event.ts'
import type { Sealer } from '../event/seal.ts'
import { historyOf } from '../store/history.ts'
import { operationUnder } from '../store/queries/operations.ts'
import { sealedPart } from '../store/queries/people.ts'
import type { Answer, GuardedCall, ReplayedOperation } from './call-guard.ts'

const DAY = 86_400_000
/** Longer than a permit and the upstream's time limit: an intent without outcome for so long is not
 * running. */
const STILL_RUNNING = 25_000

/** Without an outcome, and perhaps still at work. */
export const mayRun = (journal: Journal, intent: Event): boolean => journal.now().getTime() - Date.parse(intent.time) < STILL_RUNNING

export const keyOf = (sealer: Sealer, { tenant, actor, action, idempotencyKey }: GuardedCall): string | undefined =>
  idempotencyKey === undefined ? undefined : sealer.digest(tenant, actor.type, actor.userId ?? '', actor.id ?? '', action, idempotencyKey)

export const readable = <T>(read: Promise<T>): Promise<T> =>
  read.catch((cause: unknown) => {
    throw new Problem('journal_unavailable', { cause, outcome: 'not_sent', headers: { 'Retry-After': '1' } })
  })

export async function recall(journal: Journal, call: GuardedCall): Promise<ReplayedOperation | undefined> {
  const key = keyOf(journal.sealer, call)
  if (key === undefined) return undefined
  const since = new Date(journal.now().getTime() - DAY).toISOString()
  const operation = await readable(operationUnder(journal.store, key, since))
  return operation === undefined ? undefined : answerOf(journal, operation, digestOf(journal.sealer, call.request))
}

/** The first answer; throws a Problem that says why there is none. */
export async function answerOf(journal: Journal, operation: string, digest: string | null): Promise<ReplayedOperation> {
  const headers = { 'Audit-Operation': operation }
  const history = await readable(historyOf(journal.store, operation))
  const intent = history?.events[0]?.event
  if (!history || !intent) throw new Problem('operation_settled', { headers })
  if (intent.request?.digest !== digest) throw new Problem('idempotency_key_reused', { headers })
  if (history.state === 'pending' && mayRun(journal, intent)) throw new Problem('operation_pending', { headers })
  if (isOpen(history.state)) throw new Problem('operation_unknown', { headers })
  const outcome = history.events.find(({ event }) => event.kind === 'outcome')?.event
  const part = outcome && (await readable(sealedPart(journal.store, outcome.id, 'answer')))
  const opened = part && journal.sealer.openPart(part, outcome.answer)
  if (!opened?.bound) throw new Problem('operation_settled', { headers })
  return { id: operation, replay: opened.content as Answer }
}
