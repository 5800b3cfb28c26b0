/** Guarded calls beside people who look: `node test/bench/readers.ts [OPERATIONS]`. 20 readers search, export and replay streams; one JSON line for each store. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type Sandbox, startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { signingKey } from '../../src/journal/log/checkpoint.ts'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { appId, keyId } from '../support/bff.ts'
import { canaryKey, canaryServiceKey } from '../support/canaries.ts'
import { fillJournal } from '../support/fill-journal.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { processEnv, type ServiceProcess, startProcess } from '../support/service-process.ts'

interface Task {
  readonly url: string
  readonly tokens: readonly string[]
}

type Told = Record<string, number>

const calls = 200
const readers = 20
const searches = ['state:failure', 'actor:ada', 'action:merge state:failure', 'from:7d', '', 'ticket:OPS-4711', 'actor:grace action:delete']

/** What each reader does again and again: most search, some export, some replay the log as a stream. */
const work = async ({ url, tokens }: Task, told: Told, ended: AbortSignal): Promise<void> => {
  const count = (name: string, more = 1): void => {
    told[name] = (told[name] ?? 0) + more
  }
  const again = async (token: string, pathOf: (round: number) => string): Promise<void> => {
    for (let round = 0; !ended.aborted; round += 1) {
      const path = pathOf(round)
      const answer = await fetch(`${url}/bff${path}`, { headers: { authorization: `Bearer ${token}` }, signal: ended })
      const kind = path.replace(/^\/ops\/?(api\/)?/, '').split('?')[0] || 'page'
      count(`${kind} ${answer.status}`)
      for await (const part of answer.body!) {
        count(`${kind} bytes`, part.length)
        if (kind === 'stream' && told['stream bytes']! % 40_000_000 < part.length) break
      }
      if (answer.status >= 400) await sleep(1000 * Number(answer.headers.get('retry-after') ?? 1), undefined, { signal: ended })
    }
  }
  const search = (at: number) => encodeURIComponent(searches[at % searches.length]!)
  await Promise.all(
    tokens.flatMap((token, at) => {
      if (at % 5 === 3)
        return [again(token, (round) => `/ops/api/export?format=${round % 2 ? 'csv' : 'ndjson'}${round % 3 ? '&action=delete' : ''}`)]
      if (at % 5 === 4) return [again(token, () => '/ops/api/stream?from=0')]
      return [0, 1, 2, 3].map((lane) => again(token, (round) => `/ops${['', '/rows'][lane % 2]}?q=${search(at + lane + round)}`))
    }),
  ).catch(() => {})
}

if (!isMainThread) {
  const told: Told = {}
  const stop = new AbortController()
  parentPort!.once('message', () => stop.abort())
  await work(workerData as Task, told, stop.signal)
  parentPort!.postMessage(told)
}

const quantile = (times: number[], q: number): number =>
  Math.round(times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * q))]! * 10) / 10

const mint = async ({ privateUrl }: ServiceProcess, id: string, role: string): Promise<string> => {
  const answer = await fetch(`${privateUrl}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'bearer', roles: [role], actor: { id } }),
  })
  return ((await answer.json()) as { token: string }).token
}

/** One after the other: how long each took, and how many the gate refused. */
const guarded = async (service: ServiceProcess, sandbox: Sandbox, token: string) => {
  const people = Array.from({ length: calls }, () => sandbox.createUser(appId, {}))
  const times: number[] = []
  const other: Told = {}
  let refused = 0
  for (const { _id } of people) {
    const from = performance.now()
    const answer = await fetch(`${service.publicUrl}/bff/v1.1/appusers/${_id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    })
    const text = await answer.text()
    times.push(performance.now() - from)
    if (text.includes('journal_unavailable')) refused += 1
    else if (answer.status !== 200) other[answer.status] = (other[answer.status] ?? 0) + 1
    await sleep(10)
  }
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), most: quantile(times, 1), refused, ...other }
}

const measure = async (store: string, env: Record<string, string>): Promise<void> => {
  await using sandbox = await startSandbox({
    apps: [{ appId, keys: [{ id: keyId, secret: canaryKey, scope: 'app' }] }],
    people: [],
    switches: { confirmLinksAfter: 'never', deletionTakes: 5 },
  })
  const limits = Object.fromEntries(['READS', 'GUARDED', 'WRITES', 'SERVICE'].map((name) => [`LIMIT_${name}`, '1000000']))
  await using service = await startProcess({
    ...processEnv,
    ...limits,
    ...env,
    SMOOCH_BASE_URL: sandbox.url,
    SMOOCH_APP_ID: appId,
    SMOOCH_KEY_ID: keyId,
  })
  const admin = await mint(service, 'admin', 'admin')
  await guarded(service, sandbox, admin)
  await sleep(8000)
  const alone = await guarded(service, sandbox, admin)
  const tokens = await Promise.all(Array.from({ length: readers }, (_, at) => mint(service, `reader-${at}`, 'auditor')))
  const worker = new Worker(new URL(import.meta.url), { workerData: { url: service.publicUrl, tokens } satisfies Task })
  const told = new Promise<Told>((resolve) => worker.once('message', resolve))
  await sleep(2000)
  const beside = await guarded(service, sandbox, admin)
  worker.postMessage('end')
  const readersTold = await told
  process.stdout.write(
    `${JSON.stringify({ what: 'guarded calls, ms', store, calls, alone, beside, ratio: Math.round((beside.p99 / alone.p99) * 100) / 100, readers: readersTold })}\n`,
  )
}

if (isMainThread) {
  const operations = Number(process.argv[2] ?? 100_000)
  const directory = mkdtempSync(join(tmpdir(), 'bench-readers-'))
  const sqlite = `sqlite:${join(directory, 'journal.db')}`
  await fillJournal({ url: sqlite, tenant: appId, operations, days: 30 })
  await measure('sqlite', { JOURNAL_URL: sqlite })
  const bin = findPostgres()
  if (bin) {
    await using server = await startPostgres(bin)
    const secrets = { signing: ['11'.repeat(32)], sealing: ['22'.repeat(32)] }
    await createPostgres(server.url(), signingKey(secrets.signing[0]!))
    await fillJournal({ url: server.url(), secrets, tenant: appId, operations, days: 30 })
    server.sql('ANALYZE')
    await measure('postgres', {
      JOURNAL_URL: server.url(),
      JOURNAL_SIGNING_KEY: secrets.signing[0]!,
      JOURNAL_SEALING_KEY: secrets.sealing[0]!,
    })
  }
  rmSync(directory, { recursive: true })
}
