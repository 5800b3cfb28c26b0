/** `npm run bench`: whole workloads against two references in the same run, in turns. A table for people, JSON for machines (`--json file`). */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { monitor } from '../support/monitor.ts'
import { startRedis } from '../support/redis.ts'
import { type Running, start } from './child.ts'
import type { Job, Result } from './load.ts'

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    users: { type: 'string', default: '10000' },
    json: { type: 'string' },
    profile: { type: 'string' },
    against: { type: 'string' },
  },
})
const kinds = `OURS: this service.
BARE: an Express app that answers with a constant: what a request costs at least.
HAND: what one would write by hand: express-session, connect-redis, a proxy middleware and a cache.
PAST: the service of another checkout, which --against names.
`
if (values.help) {
  process.stdout.write(
    'npm run bench -- [--only hot|pass|mixed|stampede|journal|console|readers] [--rounds 5] [--seconds 2] [--users 10000] [--json FILE] [--profile FOLDER] [--against CHECKOUT]\n\n',
  )
  process.stdout.write(kinds)
  process.exit(0)
}
const rounds = Number(values.rounds)
const warmUps = 5
const ms = Number(values.seconds) * 1000
const users = Number(values.users)

type Kind = 'BARE' | 'HAND' | 'OURS' | 'PAST'
interface Server {
  readonly kind: Kind
  readonly replicas: readonly Running[]
  readonly cookies: readonly string[]
}

const say = (line = '') => process.stdout.write(`${line}\n`)
/** One line on the terminal, written over; nothing where there is none. */
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)
const hostOf = ({ told }: Running) => new URL(told['url']!).host

const folder = mkdtempSync(join(tmpdir(), 'bff-bench-'))
const redis = await startRedis()
const vendor = await start('./servers/vendor.ts', { LATENCY: '5' }, join(folder, 'vendor'))
const loader: ChildProcess = fork(fileURLToPath(new URL('./load.ts', import.meta.url)))
const env = { REDIS: redis.url, VENDOR: vendor.told['url']!, JOURNAL: `sqlite:${join(folder, 'journal.db')}` }
/** A journal belongs to one Redis, and records may differ from one state of the code to the next. */
const pastRedis = values.against === undefined ? undefined : await startRedis()
const pastEnv = { ...env, REDIS: pastRedis?.url ?? '', JOURNAL: `sqlite:${join(folder, 'past.db')}` }

const load = async (job: Job): Promise<Result> => {
  const answer = new Promise<Result & { error?: string }>((resolve) => loader.once('message', (it) => resolve(it as Result)))
  loader.send(job)
  const result = await answer
  if (result.error) throw new Error(result.error)
  return result
}
const ask = async (path: string): Promise<Record<string, number>> => (await fetch(`${vendor.told['url']}${path}`)).json() as never
const calls = async (): Promise<number> => (await ask('/__calls'))['calls']!

const cookieOf = async (kind: Kind, { told }: Running, userId: string): Promise<string> => {
  if (kind === 'BARE') return 'none=0'
  const answer =
    kind === 'HAND'
      ? (await fetch(`${told['url']}/login/${userId}`, { method: 'POST' })).headers.get('set-cookie')
      : (
          (await (
            await fetch(`${told['privateUrl']}/sessions`, {
              method: 'POST',
              headers: { authorization: `Bearer ${told['serviceKey']}`, 'content-type': 'application/json' },
              body: JSON.stringify({ kind: 'cookie', userId }),
            })
          ).json()) as { setCookie?: string }
        ).setCookie
  return String(answer).split(';')[0]!
}

const open = async (kind: Kind, count: number, people: number, first = 1): Promise<Server> => {
  const file = kind === 'PAST' ? join(resolve(values.against!), 'test/bench/servers/ours.ts') : `./servers/${kind.toLowerCase()}.ts`
  const flags = values.profile && (kind === 'OURS' || kind === 'PAST') ? ['--cpu-prof', `--cpu-prof-dir=${join(values.profile, kind)}`] : []
  const replicas = await Promise.all(
    Array.from({ length: count }, (_, i) => start(file, kind === 'PAST' ? pastEnv : env, join(folder, `${kind}${i}`), flags)),
  )
  const cookies: string[] = []
  for (let at = 1; at <= people; at += 50) {
    const batch = Array.from({ length: Math.min(50, people - at + 1) }, (_, i) => cookieOf(kind, replicas[0]!, `u${first + at - 1 + i}`))
    cookies.push(...(await Promise.all(batch)))
  }
  return { kind, replicas, cookies }
}

const close = async (servers: readonly Server[]): Promise<void> => {
  for (const { replicas } of servers) await Promise.all(replicas.map((it) => it.stop()))
}

const jobFor = ({ replicas, cookies }: Server, more: Partial<Job>): Job => ({
  hosts: replicas.map(hostOf),
  path: replicas[0]!.told['path']!,
  cookies,
  connections: 64,
  updates: 0,
  seed: 7,
  ...more,
})

interface Measured extends Result {
  readonly cpuUs: number
  readonly perCpuSecond: number
  readonly perSecond: number
  readonly upstream: number
}

const measure = async (server: Server, job: Partial<Job>): Promise<Measured> => {
  const cpu = async () => sum(await Promise.all(server.replicas.map((it) => it.cpu())))
  const [before, sent] = [await cpu(), await calls()]
  const result = await load(jobFor(server, job))
  const cpuUs = ((await cpu()) - before) / result.done
  return { ...result, cpuUs, perCpuSecond: 1e6 / cpuUs, perSecond: (result.done / result.ms) * 1000, upstream: (await calls()) - sent }
}

/** Rounds in turns, so that what else happens on the machine meets all alike. The first ones warm up and do not count: optimised code is there only after some seconds. */
const inTurns = async (servers: readonly Server[], job: Partial<Job>): Promise<Map<Kind, Measured[]>> => {
  const found = new Map<Kind, Measured[]>(servers.map(({ kind }) => [kind, []]))
  const all = (warmUps + rounds) * servers.length
  let done = 0
  for (let round = -warmUps + 1; round <= rounds; round += 1)
    for (const server of servers) {
      const measured = await measure(server, { ...job, seed: round + warmUps })
      if (round > 0) found.get(server.kind)!.push(measured)
      done += 1
      progress(
        done < all
          ? `${round > 0 ? `round ${round} of ${rounds}` : 'warming up'}: ${server.kind}, ${Math.round((100 * done) / all)} %`
          : '',
      )
    }
  return found
}

interface Row {
  readonly kind: Kind
  readonly cpuUs: number
  readonly perCpuSecond: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly wrong: number
  readonly stale: number
  readonly upstream: number
  readonly done: number
}

const rowsOf = (found: Map<Kind, Measured[]>): Row[] =>
  [...found].map(([kind, list]) => ({
    kind,
    cpuUs: median(list.map((it) => it.cpuUs)),
    perCpuSecond: median(list.map((it) => it.perCpuSecond)),
    perSecond: median(list.map((it) => it.perSecond)),
    p50: median(list.map((it) => it.p50)),
    p99: median(list.map((it) => it.p99)),
    wrong: sum(list.map((it) => it.wrong)),
    stale: sum(list.map((it) => it.stale)),
    upstream: sum(list.map((it) => it.upstream)),
    done: sum(list.map((it) => it.done)),
  }))

const ratio = (rows: readonly Row[], to: Kind): number | undefined => {
  const [ours, other] = [rows.find(({ kind }) => kind === 'OURS'), rows.find(({ kind }) => kind === to)]
  return ours && other && ours.perCpuSecond / other.perCpuSecond
}

const print = (title: string, rows: readonly Row[]): void => {
  say(`\n${title}`)
  say('        CPU µs/req   req/CPU-s     req/s   p50 ms   p99 ms   wrong   stale   upstream   requests')
  for (const it of rows)
    say(
      `${it.kind}  ${it.cpuUs.toFixed(1).padStart(12)}${it.perCpuSecond.toFixed(0).padStart(12)}${it.perSecond.toFixed(0).padStart(10)}${it.p50.toFixed(2).padStart(9)}${it.p99.toFixed(2).padStart(9)}${String(it.wrong).padStart(8)}${String(it.stale).padStart(8)}${String(it.upstream).padStart(11)}${String(it.done).padStart(11)}`,
    )
  for (const to of ['BARE', 'HAND', 'PAST'] as const) {
    const found = ratio(rows, to)
    if (found) say(`OURS = ${found.toFixed(2)} × ${to} in requests per CPU-second`)
  }
}

const commandsPerRead = async (server: Server): Promise<{ roundTrips: number; inScripts: number }> => {
  const reads = 200
  const { lines } = await monitor(redis.url, async () => void (await load(jobFor(server, { connections: 4, total: reads }))))
  const inScripts = lines.filter((line) => line.includes(' lua] ')).length
  return { roundTrips: (lines.length - inScripts) / reads, inScripts: inScripts / reads }
}

const hot = async () => {
  const past = values.against === undefined ? [] : [await open('PAST', 1, 1)]
  const servers = [await open('BARE', 1, 1), await open('HAND', 1, 1), await open('OURS', 1, 1), ...past]
  const rows = rowsOf(await inTurns(servers, { ms }))
  print(`hot read: one user, cached, 64 connections, ${rounds} rounds of ${ms / 1000} s in turns, medians`, rows)
  const commands: Record<string, { roundTrips: number; inScripts: number }> = {}
  for (const server of servers.slice(1, 3)) {
    const found = await commandsPerRead(server)
    commands[server.kind] = found
    say(
      `${server.kind}: ${found.roundTrips.toFixed(2)} Redis round trips a read (and ${found.inScripts.toFixed(2)} commands inside scripts), by MONITOR`,
    )
  }
  await close(servers)
  return { rows, commands, toBare: ratio(rows, 'BARE'), toHand: ratio(rows, 'HAND') }
}

/** What every request pays that goes through to the vendor: reads that are never kept, then updates with a body of 1 KB. */
const pass = async () => {
  const servers = [...(values.against === undefined ? [] : [await open('PAST', 1, 1)]), await open('OURS', 1, 1)]
  const path = '/bff/v1.1/appusers/me/channels'
  const reads = rowsOf(await inTurns(servers, { ms, connections: 16, path, onlyStatus: true }))
  print(`pass-through read: 16 connections, upstream 5 ms, ${rounds} rounds of ${ms / 1000} s in turns, medians`, reads)
  const update = JSON.stringify({ surname: 'Okafor'.padEnd(1000, '.') })
  const updates = rowsOf(await inTurns(servers, { ms, connections: 16, updates: 1, update }))
  print('pass-through update: 1 KB', updates)
  await close(servers)
  return { reads, updates, toPast: { reads: ratio(reads, 'PAST'), updates: ratio(updates, 'PAST') } }
}

const mixed = async () => {
  say(`\nsigning in ${users} users twice …`)
  const servers = [await open('HAND', 2, users), await open('OURS', 2, users)]
  const rows = rowsOf(await inTurns(servers, { ms, updates: 0.1 }))
  print(`mixed: 90 % reads over ${users} users (Zipf), 10 % updates, two replicas, upstream 5 ms, every answer checked`, rows)
  await close(servers)
  return { rows, toHand: ratio(rows, 'HAND') }
}

/** Milliseconds, as a single caller sees it; the first ones open the connection and do not count. */
const timeOfOneCall = async (): Promise<number> => {
  const times: number[] = []
  for (let at = 0; at < 7; at += 1) {
    const from = performance.now()
    await (await fetch(`${vendor.told['url']}/v1.1/apps/x/appusers/u1`)).text()
    if (at > 1) times.push(performance.now() - from)
  }
  return median(times)
}

const stampede = async () => {
  await ask('/__latency/100')
  const found: Record<string, unknown>[] = []
  const oneCall = await timeOfOneCall()
  say('\nstampede: 1,000 equal cold reads at once over two replicas, upstream 100 ms')
  for (const kind of ['HAND', 'OURS'] as const) {
    // People whom no other workload has read.
    const first = kind === 'HAND' ? 1_000_001 : 2_000_001
    const server = await open(kind, 2, rounds + 3, first)
    await load(jobFor(server, { cookies: [server.cookies[rounds + 2]!], ms: 3 * ms, firstUser: first + rounds + 2 }))
    for (let round = 0; round <= rounds; round += 1) {
      // Each round reads a user that nobody has read yet; the first only warms up.
      const cookies = Array.from({ length: 1 }, () => server.cookies[round + 1]!)
      const before = await calls()
      const result = await loadOf(server, cookies, first + round + 1)
      if (round > 0) found.push({ kind, ...result, upstream: (await calls()) - before })
    }
    const own = found.filter((it) => it['kind'] === kind)
    const of = (name: string) => median(own.map((it) => it[name] as number))
    say(
      `${kind}: upstream calls ${of('upstream')} (most ${Math.max(...own.map((it) => it['upstream'] as number))}), p50 ${of('p50').toFixed(0)} ms, p99 ${of('p99').toFixed(0)} ms = ${(of('p99') / oneCall).toFixed(2)} × one upstream call, wrong ${sum(own.map((it) => it['wrong'] as number))}`,
    )
    await close([server])
  }
  await ask('/__latency/5')
  return { oneCall, found }
}

const loadOf = (server: Server, cookies: readonly string[], user: number): Promise<Result> =>
  load(jobFor(server, { cookies, connections: 1_000, total: 1_000, firstUser: user }))

/** A file of its own, which prints a line of JSON for each figure. */
const apart = (file: string) => async (): Promise<unknown[]> => {
  say(`\n${file}`)
  const child = spawn(process.execPath, [new URL(`${file}.ts`, import.meta.url).pathname], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    process.stdout.write(chunk)
  })
  await once(child, 'exit')
  return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as unknown] : []))
}

const workloads = { hot, pass, mixed, stampede, journal: apart('journal'), console: apart('console'), readers: apart('readers') }
const report: Record<string, unknown> = { at: new Date().toISOString(), node: process.version, rounds, ms, users }
say(kinds)
try {
  for (const [name, workload] of Object.entries(workloads)) if (!values.only || values.only === name) report[name] = await workload()
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
} finally {
  loader.disconnect()
  await vendor.stop()
  await redis.stop()
  await pastRedis?.stop()
  rmSync(folder, { recursive: true, force: true })
}
