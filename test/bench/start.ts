/** What a start takes until the first answer of 200, in turns: Node alone, an Express app, the packages of this service, and the service as `npm start` runs it, with Redis and SQLite: `node test/bench/start.ts [ROUNDS] [CHECKOUT]`. One JSON line for each server; a checkout's service is measured as PAST. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '../support/redis.ts'
import { processEnv, startProcess } from '../support/service-process.ts'
import { asStarted, start } from './child.ts'
import { median, quantile } from './comparison.ts'

const [rounds = '10', past] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'bench-start-'))
const redis = await startRedis()

interface Started {
  readonly pid: number
  readonly url: string
  readonly init?: RequestInit
  stop(): Promise<unknown>
}

const reference =
  (name: string, path = '/', method = 'GET') =>
  async (): Promise<Started> => {
    const server = await start(`./servers/${name}.ts`, { REDIS: redis.url, VENDOR: 'http://127.0.0.1:9' }, join(folder, name))
    return { pid: server.pid, url: `${server.told['url']}${path}`, init: { method }, stop: server.stop }
  }

const service = (name: string, cwd: string) => async (): Promise<Started> => {
  const compiled = { ...asStarted, NODE_COMPILE_CACHE: join(cwd, 'node_modules/.cache/compile') }
  const env = {
    ...processEnv,
    ...compiled,
    REDIS_URL: redis.url,
    JOURNAL_URL: `sqlite:${join(folder, `${name}.db`)}`,
    DRAIN_DELAY_SECONDS: '0',
  }
  const process = await startProcess(env, { cwd })
  const stop = (): Promise<unknown> => {
    // Compiled code is kept when a process leaves by itself.
    process.child.kill('SIGTERM')
    return process.ended
  }
  return { pid: process.child.pid!, url: `${process.privateUrl}/readyz`, stop }
}

const servers = {
  NODE: reference('node'),
  BARE: reference('bare', '/users/me'),
  PLAIN: reference('plain', '/login/u1', 'POST'),
  ...(past !== undefined && { PAST: service('past', past) }),
  OURS: service('ours', process.cwd()),
}

/** Milliseconds of CPU time of all threads so far, in steps of ten. */
const cpuMsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return 10 * (Number(fields[11]) + Number(fields[12]))
}
const rssMbOf = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1000

const measure = async (begin: () => Promise<Started>) => {
  const from = performance.now()
  const { pid, url, init, stop } = await begin()
  const { status } = await fetch(url, init)
  const [ms, cpuMs] = [performance.now() - from, cpuMsOf(pid)]
  if (status !== 200) throw new Error(`${url} was answered ${status}`)
  await sleep(3_000)
  const rssMb = rssMbOf(pid)
  await stop()
  return { ms, cpuMs, rssMb }
}

const found = new Map<string, Awaited<ReturnType<typeof measure>>[]>(Object.keys(servers).map((kind) => [kind, []]))
// The first round fills the cache of compiled code and makes the journal.
for (let round = 0; round <= Number(rounds); round += 1)
  for (const [kind, begin] of Object.entries(servers)) {
    const measured = await measure(begin)
    if (round > 0) found.get(kind)!.push(measured)
  }
for (const [kind, list] of found) {
  const of = (name: 'ms' | 'cpuMs' | 'rssMb'): number => Math.round(median(list.map((it) => it[name])))
  const least = Math.round(
    quantile(
      list.map(({ ms }) => ms),
      0,
    ),
  )
  process.stdout.write(`${JSON.stringify({ what: 'start', kind, ms: of('ms'), least, cpuMs: of('cpuMs'), rssMb: of('rssMb') })}\n`)
}
await redis.stop()
rmSync(folder, { recursive: true })
process.exit()
