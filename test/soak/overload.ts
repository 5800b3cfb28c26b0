/** `npm run soak:overload`: what one process carries, then as much and twice as much offered; health and deletions beside it. Bounded: `--seconds` for each step, with a line each ten. With `--pin` the service and its Redis have the first processor, all else the second (Linux). With `--log stalled` nobody reads its log, with `--log full` the log's disk is full. */
import { execFileSync, fork } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { getPriority, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { flagsOf, list, oneOf, toggle, whole } from '../../scripts/flags.ts'
import { type Running, start } from '../bench/child.ts'
import type { Job, Result } from '../bench/load.ts'
import { scrape, sumOf } from '../support/metrics.ts'
import { startRedis } from '../support/redis.ts'
import type { Offer, Outcome } from './offered.ts'
import { pinning } from './pinning.ts'

const values = flagsOf('soak:overload', {
  seconds: whole(8, 3_600),
  times: list(whole(1, 20), [1, 2]),
  connections: whole(3_000, 20_000),
  pin: toggle,
  log: oneOf(['file', 'full', 'stalled'], 'file'),
})
const ms = values.seconds * 1000
const people = 50
const folder = mkdtempSync(join(tmpdir(), 'bff-overload-'))
const journal = join(folder, 'journal.db')
const say = (line: string) => process.stdout.write(`${line}\n`)

const inChild = async <T>(file: string, job: Offer | Job): Promise<T> => {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)))
  // Load gives way to Redis, the vendor and whoever measures health, with whom it may share a processor.
  setPriority(child.pid!, Math.min(19, getPriority() + 10))
  const outcome = new Promise<T>((resolve) => child.once('message', (it) => resolve(it as T)))
  child.send(job)
  const found = await outcome
  child.disconnect()
  return found
}

const mint = async ({ told }: Running, body: object): Promise<{ setCookie?: string; token: string }> =>
  (await (
    await fetch(`${told['privateUrl']}/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${told['serviceKey']}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  ).json()) as never

const worst = (list: readonly number[]): number => Math.round(Math.max(0, ...list))

/** Until told to stop: the health of the process, and a deletion each 100 ms. */
const beside = (service: Running, token: string) => {
  const seen = { livez: [] as number[], deletes: {} as Record<string, number>, deleteMs: [] as number[] }
  let goesOn = true
  const timed = async (url: string, init?: RequestInit): Promise<[string, number]> => {
    const at = performance.now()
    const status = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) }).then(
      async (answer) => `${answer.status}${answer.ok ? '' : ` ${((await answer.json()) as { error: { code: string } }).error.code}`}`,
      () => 'none',
    )
    return [status, performance.now() - at]
  }
  let next = 500_000 + Math.floor(Math.random() * 400_000)
  const loop = async (pauseMs: number, once: () => Promise<void>): Promise<void> => {
    while (goesOn) {
      await once()
      await sleep(pauseMs)
    }
  }
  const all = [
    loop(100, async () => void seen.livez.push((await timed(`${service.told['privateUrl']}/livez`))[1])),
    loop(100, async () => {
      next += 1
      const [status, took] = await timed(`${service.told['url']}/bff/v1.1/appusers/u${next}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${token}` },
      })
      seen.deletes[status] = (seen.deletes[status] ?? 0) + 1
      seen.deleteMs.push(took)
    }),
  ]
  return async () => {
    goesOn = false
    await Promise.all(all)
    return seen
  }
}

const pin = pinning(values.pin)
// Those that it starts come along.
pin(process.pid, 1)
const redis = await startRedis()
const log = values.log === 'full' ? '/dev/full' : join(folder, 'ours')
if (values.log === 'stalled') {
  execFileSync('mkfifo', [log])
  // Open for reading as well, so that whoever writes does not wait for a reader.
  openSync(log, 'r+')
}
const vendor = await start('./servers/vendor.ts', { LATENCY: '5' }, join(folder, 'vendor'))
const service = await start('./servers/ours.ts', { REDIS: redis.url, VENDOR: vendor.told['url']!, JOURNAL: `sqlite:${journal}` }, log)
pin(service.pid, 0)
// Beside twice as much load as the service carries it was late, and what the service lacked was its answer.
pin(redis.process.pid!, 0)
try {
  const cookies: string[] = []
  for (let i = 1; i <= people; i += 1)
    cookies.push(String((await mint(service, { kind: 'cookie', userId: `u${i}` })).setCookie).split(';')[0]!)
  const { url, path } = service.told as { url: string; path: string }
  const host = new URL(url).host
  const closed = (): Promise<Result> =>
    inChild<Result>('../bench/load.ts', { hosts: [host], path, cookies, connections: 64, updates: 0, seed: 1, ms: 3_000 })
  // Compiled code is several times as fast as what is not yet: rounds, until one brings little more than those before it.
  let most = 0
  for (let round = 0, before = 0; round < 3 || (round < 10 && most > before * 1.03); round += 1) {
    before = most
    const { done, ms: took } = await closed()
    most = Math.max(most, (done / took) * 1000)
  }
  const offer = (perSecond: number, forMs: number) =>
    inChild<Outcome>('./offered.ts', { host, path, cookies, perSecond, ms: forMs, connections: values.connections })
  // Load that waits for nothing, on as many connections as below: the most of it that was answered well.
  let carried = 0
  for (const share of [0.6, 0.8, 1]) carried = Math.max(carried, (await offer(most * share, 4_000)).good / 4)
  say(`carried: ${carried.toFixed(0)}/s on ${values.connections} connections; ${most.toFixed(0)}/s in a closed loop of 64`)
  const rss = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))?.[1]) / 1024
  for (const times of values.times) {
    // For each step: it is good for a quarter of an hour.
    const { token } = await mint(service, { kind: 'bearer', roles: ['admin'], actor: { id: 'boss' } })
    const stop = beside(service, token)
    const it = await offer(carried * times, ms)
    const { livez, deletes, deleteMs } = await stop()
    const goodput = it.good / (ms / 1000)
    say(
      `${times} × offered (${it.offered}): goodput ${((100 * goodput) / carried).toFixed(0)} % (${goodput.toFixed(0)}/s), p50 ${it.p50} ms, p99 ${it.p99} ms (load itself late ${it.late} ms), unanswered ${it.unanswered}, /livez worst ${worst(livez)} ms, deletes ${JSON.stringify(deletes)} worst ${worst(deleteMs)} ms, RSS ${rss().toFixed(0)} MB`,
    )
    say(`  ${JSON.stringify(it.answers)}`)
    await sleep(2_000)
  }
  const dropped = sumOf(await scrape(service.told['privateUrl']!), 'smooch_bff_log_dropped_total')
  say(`log lines dropped: ${dropped}`)
} finally {
  await service.stop()
  const states = new DatabaseSync(journal, { readOnly: true, timeout: 5_000 })
    .prepare('SELECT state, count(*) AS number FROM operation GROUP BY state')
    .all()
  say(`deletions in the journal: ${states.map(({ state, number }) => `${number} ${state}`).join(', ')}`)
  await vendor.stop()
  await redis.stop()
  rmSync(folder, { recursive: true, force: true })
}
