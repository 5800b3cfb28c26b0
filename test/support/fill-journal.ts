/** A journal with a past: operations of a few weeks, made up alike each time, so that pages and figures have something to show. */
import { type Event, newId, type Outcome } from '../../src/journal/event/event.ts'
import { entryOf } from '../../src/journal/store/journal-store.ts'
import { keysOf, openStore, type Secrets } from '../../src/journal/store/open.ts'

export interface Past {
  readonly url: string
  /** Of a journal that does not bring its own keys. */
  readonly secrets?: Secrets
  readonly tenant: string
  readonly operations: number
  readonly days: number
}

const actions = [
  'delete_app_user',
  'update_app_user',
  'unlink_app_user',
  'update_app_user',
  'merge_users',
  'delete_app_user_profile',
  'link_app_user',
  'delete_app_user',
]
const outcomes: Outcome[] = ['success', 'success', 'success', 'success', 'success', 'success', 'failure', 'success', 'success', 'success']
const reasons = ['gdpr_request', 'customer_request', 'duplicate', 'fraud']
const actors = ['ada', 'grace', 'lena', 'tomas', 'crm-sync']
const batch = 128

/** Reproducible, and spread enough. */
const scatter = (n: number): number => ((n * 2_654_435_761) >>> 0) / 2 ** 32

const personOf = (n: number): string =>
  Math.floor(scatter(n) * 2 ** 48)
    .toString(16)
    .padStart(24, '6a1f0c2b')

const pairOf = (k: number, time: Date, tenant: string, helped: string): Event[] => {
  const operation = { id: newId('op'), instance: 'i_past' }
  const action = actions[Math.floor(scatter(k) * actions.length)]!
  const name = actors[Math.floor(scatter(k + 7) * actors.length)]!
  const roles = action === 'merge_users' ? (['surviving', 'discarded'] as const) : (['subject'] as const)
  const base = { v: 1, time: time.toISOString(), action, operation, tenant } as const
  const asked = {
    actor: {
      type: name === 'crm-sync' ? 'service' : 'staff',
      id: name,
      roles: ['admin'],
      onBehalfOf: scatter(k + 3) < 0.1 ? helped : null,
    },
    targets: roles.map((role, at) => ({ role, type: 'appuser' as const, smoochId: personOf((k % 50_000) + at * 7) })),
    reason: { code: reasons[Math.floor(scatter(k + 11) * reasons.length)]!, ticket: `OPS-${1000 + (k % 5000)}` },
    request: { method: 'DELETE', path: `/v1.1/apps/${tenant}/appusers/x`, digest: `hmac:${'0'.repeat(64)}` },
    context: { requestId: `r_${k}`, ipNet: '203.0.113.0/24', client: 'cookie' },
  } as const
  const upstream = { status: 200, code: null, durationMs: 90 + Math.floor(scatter(k + 5) * 400), sent: true }
  if (scatter(k + 13) < 0.03) return [{ ...base, ...asked, id: newId('evt'), kind: 'denied' }]
  const outcome = outcomes[Math.floor(scatter(k + 2) * outcomes.length)]!
  if (action === 'update_app_user') return [{ ...base, ...asked, id: newId('evt'), kind: 'outcome', recorded: true, outcome, upstream }]
  return [
    { ...base, ...asked, id: newId('evt'), kind: 'intent' },
    {
      ...base,
      tenant,
      id: newId('evt'),
      kind: 'outcome',
      time: new Date(time.getTime() + upstream.durationMs).toISOString(),
      outcome,
      upstream,
    },
  ]
}

/** More by day than by night, and more on working days. */
const busy = (time: Date): boolean => {
  const share = [0, 6].includes(time.getUTCDay()) ? 0.3 : 1
  const daytime = 0.15 + 0.85 * Math.max(0, Math.sin(((time.getUTCHours() - 5) / 16) * Math.PI))
  return scatter(Math.floor(time.getTime() / 1000)) < share * daytime
}

export const fillJournal = async ({ url, secrets = {}, tenant, operations, days }: Past): Promise<void> => {
  const { keys, sealer } = keysOf(url, secrets)
  const store = await openStore(url, { keys, instance: newId('i') })
  const helped = sealer.subject(tenant, 'cust-77')
  const span = days * 86_400_000
  const begin = Date.now() - span
  const times: Date[] = []
  for (let tries = 0; times.length < operations && tries < operations * 20; tries += 1) {
    const time = new Date(begin + scatter(tries * 31 + 1) * span)
    if (busy(time)) times.push(time)
  }
  times.sort((one, other) => one.getTime() - other.getTime())
  for (let at = 0; at < times.length; at += batch)
    await store.commit(
      times
        .slice(at, at + batch)
        .flatMap((time, n) => pairOf(at + n, time, tenant, helped.pseudonym))
        .map((event, n) => entryOf(event, [], at + n === 0 ? [helped] : [])),
    )
  await store.close()
}
