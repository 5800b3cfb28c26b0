/** `npm run bench`: whole workloads against two references in the same run, in turns. A table for people, JSON for machines (`--json file`); `--check` holds the ratios against the committed ones. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flagsOf, oneOf, toggle, whole, word } from '../../scripts/flags.ts'
import { monitor } from '../support/monitor.ts'
import { startRedis } from '../support/redis.ts'
import { type Running, start, type Usage } from './child.ts'
import { type Comparison, check, compare, type Kind, type Measured, median, sum, tableOf } from './comparison.ts'
import type { Job, Result } from './load.ts'
import { cookieOf } from './sign-in.ts'

const names = [
  'hot',
  'pass',
  'mixed',
  'stampede',
  'journal',
  'console',
  'readers',
  'growth',
  'uploads',
  'workers',
  'start',
  'proxy',
] as const
const values = flagsOf('bench', {
  help: toggle,
  only: oneOf(names),
  rounds: whole(5, 100),
  seconds: whole(2, 600),
  users: whole(10_000, 1_000_000),
  json: word(undefined),
  profile: word(undefined),
  against: word(undefined),
  check: toggle,
})
const kinds = `OURS: this service.
BARE: an Express app that answers with a constant: what a request costs at least.
HAND: what one would write by hand: express-session, connect-redis, a proxy middleware and a cache.
PLAIN: the packages of this service, each as its readme shows it: what they cost at least.
PAST: the service of another checkout, which --against names.
`
if (values.help) {
  process.stdout.write(
    `npm run bench -- [--only ${names.join('|')}] [--rounds 5] [--seconds 2] [--users 10000] [--json FILE] [--profile FOLDER] [--against CHECKOUT] [--check]\n\n`,
  )
  process.stdout.write(kinds)
  process.exit(0)
}
const { rounds, users } = values
/** Optimised code is there only after so many requests, which slow ones need longer for. */
const warmUp = { rounds: 5, mostRounds: 15, requests: 20_000 }
const ms = values.seconds * 1000

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

/** `uncached`: reads that are never kept, in place of those of the own user. */
type Load = Partial<Job> & { readonly uncached?: boolean }

const jobFor = ({ replicas, cookies }: Server, { uncached = false, ...more }: Load): Job => {
  const { path = '', uncached: other = '/bff/v1.1/appusers/me/channels' } = replicas[0]!.told
  const way = uncached ? { path: other, onlyStatus: true } : { path }
  return { hosts: replicas.map(hostOf), ...way, cookies, connections: 64, updates: 0, seed: 7, ...more }
}

const usageOf = async ({ replicas }: Server): Promise<Usage> => {
  const all = await Promise.all(replicas.map((it) => it.usage()))
  return { cpu: sum(all.map(({ cpu }) => cpu)), rss: sum(all.map(({ rss }) => rss)) }
}

const measure = async (server: Server, job: Load): Promise<Measured> => {
  const [before, sent] = [await usageOf(server), await calls()]
  const result = await load(jobFor(server, job))
  const { cpu, rss } = await usageOf(server)
  const cpuUs = (cpu - before.cpu) / result.done
  const perSecond = (result.done / result.ms) * 1000
  return { ...result, cpuUs, perCpuSecond: 1e6 / cpuUs, perSecond, upstream: (await calls()) - sent, rssMb: rss / 1e6 }
}

/** Rounds in turns, so that what else happens on the machine meets all alike. The first ones warm up and do not count. */
const inTurns = async (title: string, servers: readonly Server[], job: Load): Promise<Comparison> => {
  let seed = 0
  const round = async (what: string): Promise<Measured[]> => {
    seed += 1
    const all: Measured[] = []
    for (const server of servers) {
      progress(`${title}: ${what}, ${server.kind}`)
      all.push(await measure(server, { ...job, seed }))
    }
    return all
  }
  let warm = 0
  for (let at = 1; at <= warmUp.rounds || (warm < warmUp.requests && at <= warmUp.mostRounds); at += 1)
    warm += Math.min(...(await round(`warming up, round ${at}`)).map(({ done }) => done))
  const found = new Map<Kind, Measured[]>(servers.map(({ kind }) => [kind, []]))
  for (let at = 1; at <= rounds; at += 1)
    for (const [index, measured] of (await round(`round ${at} of ${rounds}`)).entries()) found.get(servers[index]!.kind)!.push(measured)
  progress('')
  const comparison = compare(found)
  say(`\n${title}; ${rounds} rounds of ${ms / 1000} s in turns, medians\n${tableOf(comparison)}`)
  return comparison
}

const commandsPerRead = async (server: Server): Promise<{ roundTrips: number; inScripts: number }> => {
  const reads = 200
  const { lines } = await monitor(redis.url, async () => void (await load(jobFor(server, { connections: 4, total: reads }))))
  const inScripts = lines.filter((line) => line.includes(' lua] ')).length
  return { roundTrips: (lines.length - inScripts) / reads, inScripts: inScripts / reads }
}

const hot = async () => {
  const past = values.against === undefined ? [] : [await open('PAST', 1, 1)]
  const servers = [await open('BARE', 1, 1), await open('HAND', 1, 1), await open('PLAIN', 1, 1), await open('OURS', 1, 1), ...past]
  const read = await inTurns('hot read: one user, cached, 64 connections', servers, { ms })
  const commands: Record<string, { roundTrips: number; inScripts: number }> = {}
  for (const server of servers.slice(1, 4)) {
    const found = await commandsPerRead(server)
    commands[server.kind] = found
    say(
      `${server.kind}: ${found.roundTrips.toFixed(2)} Redis round trips a read (and ${found.inScripts.toFixed(2)} commands inside scripts), by MONITOR`,
    )
  }
  await close(servers)
  return { 'hot read': read, commands }
}

/** What every request pays that goes through to the vendor: reads that are never kept, then updates with a body of 1 KB. */
const pass = async () => {
  const past = values.against === undefined ? [] : [await open('PAST', 1, 1)]
  const servers = [await open('HAND', 1, 1), await open('PLAIN', 1, 1), ...past, await open('OURS', 1, 1)]
  const how = { ms, connections: 16 }
  const reads = await inTurns('pass-through read: 16 connections, upstream 5 ms', servers, { ...how, uncached: true })
  const update = JSON.stringify({ surname: 'Okafor'.padEnd(1000, '.') })
  const updates = await inTurns('update: 1 KB, 16 connections, upstream 5 ms', servers, { ...how, updates: 1, update })
  await close(servers)
  return { 'pass-through read': reads, update: updates }
}

const mixed = async () => {
  say(`\nsigning in ${users} users twice …`)
  const servers = [await open('HAND', 2, users), await open('OURS', 2, users)]
  const title = `mixed: 90 % reads over ${users} users (Zipf), 10 % updates, two replicas, upstream 5 ms, every answer checked`
  const both = await inTurns(title, servers, { ms, updates: 0.1 })
  await close(servers)
  return { mixed: both }
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

const workloads: Record<(typeof names)[number], () => Promise<object>> = {
  hot,
  pass,
  mixed,
  stampede,
  journal: apart('journal'),
  console: apart('console'),
  readers: apart('readers'),
  growth: apart('growth'),
  uploads: apart('uploads'),
  workers: apart('workers'),
  start: apart('start'),
  proxy: apart('proxy'),
}
const report: Record<string, object> = {}
say(kinds)
try {
  for (const [name, workload] of Object.entries(workloads)) if (!values.only || values.only === name) report[name] = await workload()
  const about = { at: new Date().toISOString(), node: process.version, rounds, ms, users }
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...about, ...report }, null, 2)}\n`)
  if (values.check) {
    const { compared, fell } = check(Object.assign({}, ...Object.values(report)))
    say(`\n${compared.join('\n')}`)
    for (const line of fell) say(`fell by more than 15 %: ${line}`)
    process.exitCode = fell.length > 0 ? 1 : 0
  }
} finally {
  loader.disconnect()
  await vendor.stop()
  await redis.stop()
  await pastRedis?.stop()
  rmSync(folder, { recursive: true, force: true })
}
