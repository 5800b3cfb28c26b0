/** Repeats without an Idempotency-Key, as a proxy makes when a replica dies: the same request of
 * the same actor a moment ago, while its effect still stands. */
import { Problem } from '../../contract/problems.ts'
import type { Journal } from '../append/journal.ts'
import { decode, type Event, isOpen, tokensOf } from '../event/event.ts'
import { evidenceOf } from '../reconcile/verdicts.ts'
import { beforeImageOf } from '../store/before-image.ts'
import { composeNow } from '../store/pseudonyms.ts'
import { operationsOn } from '../store/queries/operations.ts'
import type { EarlierOperation, GuardedCall, Observed } from './call-guard.ts'
import { mayRun, readable } from './idempotency.ts'

/** Longer than a proxy waits for a machine without power: 60 s by default. */
const MOMENT = 90_000
/** States of operations without effect. */
const IN_VAIN: readonly string[] = ['failure', 'not_sent', 'not_applied', 'denied']

export async function earlierOperation(journal: Journal, call: GuardedCall): Promise<EarlierOperation | undefined> {
  const { event: asked } = await readable(composeNow(journal, call))
  const isSame = ({ kind, time, tenant, actor, request }: Event): boolean =>
    kind === 'intent' &&
    journal.now().getTime() - Date.parse(time) < MOMENT &&
    tenant === asked.tenant &&
    actor?.type === asked.actor?.type &&
    actor?.id === asked.actor?.id &&
    request?.digest === asked.request?.digest
  const found = await readable(operationsOn(journal.store, call.action, tokensOf({ ...asked, kind: 'intent' })))
  const [earlier] = found.flatMap(({ state, body }) => {
    const intent = decode(body)
    return !IN_VAIN.includes(state) && isSame(intent) ? [{ state, intent }] : []
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
  if (Object.values(seen).some((user) => user && !known?.includes(user._id))) return false
  // The vendor completes an accepted deletion later.
  if (intent.action === 'delete_app_user' && ended === 'success') return true
  const before = await readable(beforeImageOf(journal, intent))
  const observe = (_id: string, of: string) => Promise.resolve(seen[of] ? { status: 200, appUser: seen[of] } : { status: 0 })
  return (await evidenceOf({ intent, before, observe })) === 'applied'
}
