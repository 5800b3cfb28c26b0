/** What the journal costs: `node test/bench/journal.ts [EVENTS]`. One JSON line for each figure; an operation is two events. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openJournal } from '../../src/journal/append/journal.ts'
import { type Event, newId } from '../../src/journal/event/event.ts'
import { lifetimes } from '../../src/journal/event/lifetimes.ts'
import { createSealer } from '../../src/journal/event/seal.ts'
import { exportLines } from '../../src/journal/export.ts'
import type { GuardedCall, OpenOperation } from '../../src/journal/guard/call-guard.ts'
import { createGuard } from '../../src/journal/guard/guard.ts'
import { spendPermit } from '../../src/journal/guard/permit.ts'
import { entryOf, type Store } from '../../src/journal/store/journal-store.ts'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../src/journal/store/postgres/store.ts'
import { type Filter, operations } from '../../src/journal/store/search.ts'
import { openSqlite } from '../../src/journal/store/sqlite/store.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { sum } from './comparison.ts'

const say = (record: Record<string, unknown>): boolean => process.stdout.write(`${JSON.stringify(record)}\n`)
const quantiles = (times: number[]): { p50: number; p99: number } => {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (q: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]! * 1000) / 1000
  return { p50: at(0.5), p99: at(0.99) }
}

const directory = mkdtempSync(join(tmpdir(), 'bench-'))
const { privateKey } = generateKeyPairSync('ed25519')
const keys = [privateKey]
const sealer = createSealer([Buffer.alloc(32, 1)])
const image = { givenName: 'Mina', surname: 'Okafor', email: 'mina@example.org', properties: { plan: 'gold' }, clients: [] }
let last = 0
const call = (): GuardedCall => ({
  action: 'delete_app_user',
  tenant: 'app',
  actor: {
    type: 'staff',
    id: 'idp1|00u5x',
    name: 'Ada',
    roles: ['admin'],
    auth: { method: 'oidc', session: 's_1', acr: 'mfa', at: '2026-03-02T08:51:30Z' },
  },
  targets: [{ role: 'subject', smoochId: (++last).toString(16).padStart(24, '0'), userId: `cust-${last}` }],
  reason: { code: 'gdpr_request', ticket: `OPS-${last % 5000}`, note: 'asked by letter' },
  policy: { decision: 'allow', rule: 'admin/delete_app_user' },
  request: { method: 'DELETE', path: `/v1.1/apps/A/appusers/${last}` },
  before: { state: 'captured', image, fields: Object.keys(image) },
  context: { requestId: `r_${last}`, ip: '203.0.113.77', userAgent: 'bench', client: 'web', replica: 'bff-1', release: '1.0.0' },
})

async function guarded(name: string, stores: Store[], each: number, clients: number): Promise<void> {
  const guards = await Promise.all(
    stores.map(async (store) => createGuard({ journal: await openJournal({ store, sealer, keys, instance: newId('i') }) })),
  )
  const both: number[] = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const client = async (guard: (typeof guards)[number]): Promise<void> => {
    for (let at = 0; at < each; at += 1) {
      const from = performance.now()
      const op = (await guard.begin(call())) as OpenOperation
      spendPermit(op.permit, 'delete_app_user')
      await op.end({ outcome: 'success', upstream: { status: 200, sent: true }, response: { status: 200 } })
      both.push(performance.now() - from)
    }
  }
  delay.enable()
  const from = performance.now()
  await Promise.all(guards.flatMap((guard) => Array.from({ length: clients }, () => client(guard))))
  const seconds = (performance.now() - from) / 1000
  delay.disable()
  say({
    what: 'guarded call, both appends, ms',
    store: name,
    clients: clients * stores.length,
    ...quantiles(both),
    perSecond: Math.round(both.length / seconds),
    loopP99: Math.round(delay.percentile(99) / 1e4) / 100,
  })
}

const sqlite = (file: string): Promise<Store> => openSqlite({ path: join(directory, file), keys, instance: newId('i') })

const small = await sqlite('small.db')
await guarded('sqlite', [small], 1000, 1)
await guarded('sqlite', [small], 250, 16)
await guarded('sqlite', [small], 100, 64)
await small.close()

const bin = findPostgres()
if (bin) {
  await using server = await startPostgres(bin)
  await createPostgres(server.url(), privateKey)
  const replicas = await Promise.all([1, 2, 3].map(() => openPostgres({ url: server.url(), keys, instance: newId('i') })))
  await guarded('postgres', replicas.slice(0, 1), 500, 1)
  await guarded('postgres', replicas.slice(0, 1), 250, 16)
  await guarded('postgres', replicas.slice(0, 1), 100, 64)
  await guarded('postgres', replicas, 200, 1)
  await guarded('postgres', replicas, 100, 16)
  for (const replica of replicas) await replica.close()
}

const events = Number(process.argv[2] ?? 1_000_000)
const large = await sqlite('large.db')
const people = Array.from({ length: 50_000 }, (_, n) => sealer.subject('app', `cust-${n}`))
const states = ['success', 'success', 'success', 'failure', 'unknown'] as const
let from = performance.now()
for (let at = 0; at < events; at += 256) {
  const entries = Array.from({ length: 128 }, (_, n) => {
    const k = at / 2 + n
    const time = new Date(Date.UTC(2026, 0, 1) + k * 30_000).toISOString()
    const operation = { id: newId('op'), instance: 'i_bench' }
    const id = newId('evt')
    const personal = { actor: { name: 'Ada' }, ip: '203.0.113.77', userAgent: 'bench', note: 'asked by letter' }
    const { row, commitment } = sealer.part(id, 'person', personal, Date.parse(time) + lifetimes.person)
    const intent: Event = {
      v: 1,
      id,
      kind: 'intent',
      time,
      action: ['delete_app_user', 'unlink_app_user', 'merge_users', 'link_app_user'][k % 4]!,
      operation,
      tenant: 'app',
      actor: { type: 'staff', id: `idp1|${k % 300}`, roles: ['admin'], onBehalfOf: null },
      targets: [
        {
          role: 'subject',
          type: 'appuser',
          subject: people[k % people.length]!.pseudonym,
          smoochId: (k % 50_000).toString(16).padStart(24, '0'),
        },
      ],
      reason: { code: 'gdpr_request', ticket: `OPS-${k % 5000}` },
      policy: { decision: 'allow', rule: 'admin/delete_app_user', version: 'c41d' },
      request: { method: 'DELETE', path: '/v1.1/apps/A/appusers/6a1f0c2be84d9f3b7715c0aa', digest: `hmac:${'0'.repeat(64)}` },
      before: { state: 'captured', commitment: `sha256:${'0'.repeat(64)}`, fields: ['givenName', 'surname', 'email'], until: '2026-04-01' },
      context: {
        requestId: `r_${k}`,
        ipNet: '203.0.113.0/24',
        ua: `hmac:${'0'.repeat(64)}`,
        client: 'web',
        replica: 'bff-2',
        release: '1.4.0',
      },
      sealed: commitment,
    }
    const outcome: Event = {
      v: 1,
      id: newId('evt'),
      kind: 'outcome',
      time,
      action: intent.action,
      operation,
      outcome: k % 1000 === 0 ? 'unknown' : states[k % 4]!,
      upstream: { status: 200, code: null, durationMs: 231, sent: true },
      response: { status: 200 },
    }
    return [entryOf(intent, [row], k < people.length ? [people[k]!] : []), entryOf(outcome)]
  }).flat()
  await large.commit(entries)
}
const perSecond = Math.round(events / ((performance.now() - from) / 1000))
const bytes = sum(
  readdirSync(directory)
    .filter((file) => file.startsWith('large.db'))
    .map((file) => statSync(join(directory, file)).size),
)
say({ what: 'filled', events, perSecond, mb: Math.round(bytes / 1e6) })
await guarded(`sqlite, ${events / 2} operations`, [large], 1000, 1)

const day = 86_400_000
const filters: Record<string, Filter> = {
  none: {},
  target: { target: (77).toString(16).padStart(24, '0') },
  'target by userId': { target: 'cust-1', tenant: 'app' },
  actor: { actor: 'idp1|17' },
  action: { action: 'merge_users' },
  open: { state: 'open' },
  failure: { state: 'failure' },
  ticket: { ticket: 'OPS-4711' },
  time: { from: new Date(Date.UTC(2026, 1, 1)), to: new Date(Date.UTC(2026, 1, 2)) },
  'actor, action, state': { actor: 'idp1|17', action: 'merge_users', state: 'unknown' },
  'actor, time': { actor: 'idp1|17', from: new Date(Date.UTC(2026, 0, 5)), to: new Date(Date.UTC(2026, 0, 5) + day) },
  'deep cursor': { action: 'delete_app_user', cursor: 1000 },
}
for (const [name, filter] of Object.entries(filters)) {
  const times: number[] = []
  for (let round = 0; round < 40; round += 1) {
    const start = performance.now()
    await operations(large, sealer, filter)
    times.push(performance.now() - start)
  }
  say({ what: 'filter, ms', filter: name, ...quantiles(times) })
}

from = performance.now()
const report = await verify(large, { sealer })
say({
  what: 'verify',
  ok: report.ok,
  events: report.size,
  perSecond: Math.round(report.size / ((performance.now() - from) / 1000)),
  rssMb: Math.round(process.memoryUsage.rss() / 1e6),
})
for (const format of ['ndjson', 'csv'] as const) {
  from = performance.now()
  let bytes = 0
  let rss = 0
  for await (const chunk of exportLines(large, { format })) {
    bytes += chunk.length
    rss = Math.max(rss, process.memoryUsage.rss())
  }
  say({
    what: 'export',
    format,
    seconds: Math.round((performance.now() - from) / 100) / 10,
    mb: Math.round(bytes / 1e6),
    rssMb: Math.round(rss / 1e6),
  })
}
await large.close()
rmSync(directory, { recursive: true })
