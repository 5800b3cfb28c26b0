/** Whether two processes that share the ports (`WORKERS=2`) do as much in a second of CPU time as one does, and as two services that know nothing of each other: hot reads, in turns, by `/proc`: `node test/bench/workers.ts [ROUNDS]`. */
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canaryServiceKey } from '../support/canaries.ts'
import { startRedis } from '../support/redis.ts'
import { processEnv, startProcess } from '../support/service-process.ts'
import { start } from './child.ts'
import { median, quantile } from './comparison.ts'
import { run } from './load.ts'
import { cookieOf } from './sign-in.ts'

const rounds = Number(process.argv[2] ?? 7)
const people = 64
/** Answers of each process before it is measured: its code is compiled by then. By rounds, two would have had half as many each. */
const warmUp = 20_000
const folder = mkdtempSync(join(tmpdir(), 'bench-workers-'))
const redis = await startRedis()
const vendor = await start('./servers/vendor.ts', { LATENCY: '0' }, join(folder, 'vendor'))

const ticksOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // After the name, which may hold blanks: user and system time, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
/** Microseconds of a process and those that it started. */
const cpuOf = (pid: number): number => 10_000 * [pid, ...childrenOf(pid)].reduce((sum, each) => sum + ticksOf(each), 0)

const open = async (workers: number) => {
  const service = await startProcess(
    {
      ...processEnv,
      ...{ WORKERS: String(workers), REDIS_URL: redis.url, LIMIT_READS: '1000000', SMOOCH_BASE_URL: vendor.told['url']! },
      JOURNAL_URL: `sqlite:${join(folder, `${workers}.db`)}`,
    },
    { stdout: openSync(join(folder, `log${workers}`), 'a') },
  )
  const told = { privateUrl: service.privateUrl, serviceKey: canaryServiceKey }
  const cookies = await Promise.all(Array.from({ length: people }, (_, at) => cookieOf('OURS', { told }, `u${at + 1}`)))
  const job = { path: '/bff/v1.1/appusers/me', cookies, connections: 64, ms: 2_000, updates: 0 }
  return { service, job }
}

interface Contestant {
  readonly name: 'one' | 'two' | 'apart'
  readonly services: readonly Awaited<ReturnType<typeof open>>[]
  readonly processes: number
}
const all: readonly Contestant[] = [
  { name: 'one', services: [await open(1)], processes: 1 },
  { name: 'two', services: [await open(2)], processes: 2 },
  { name: 'apart', services: [await open(1), await open(1)], processes: 2 },
]

/** Answers, and microseconds of all processes for them. */
const round = async ({ services }: Contestant, seed: number): Promise<{ done: number; cpu: number }> => {
  const cpu = (): number => services.reduce((sum, { service }) => sum + cpuOf(service.child.pid!), 0)
  const before = cpu()
  // The services lie on one Redis and one journal, so a session of the first is good at the second too.
  const hosts = services.map(({ service }) => new URL(service.publicUrl).host)
  const { done, wrong } = await run({ ...services[0]!.job, hosts, seed })
  if (wrong > 0) process.stderr.write(`${wrong} of ${done} answers were wrong\n`)
  return { done, cpu: cpu() - before }
}
for (const each of all) for (let answers = 0; answers < warmUp * each.processes; ) answers += (await round(each, answers)).done
const found: Record<Contestant['name'], number[]> = { one: [], two: [], apart: [] }
for (let seed = 0; seed < rounds; seed += 1)
  for (const each of all) {
    const { done, cpu } = await round(each, seed)
    found[each.name].push((1e6 * done) / cpu)
  }
const [one, two, apart] = [found.one, found.two, found.apart].map((it) => Math.round(median(it))) as [number, number, number]
/** Of the same round: what else the machine does meets all alike. */
const beside = (many: readonly number[]): { ratio: number; noise: number } => {
  const ratios = many.map((it, at) => it / found.one[at]!)
  const rounded = (value: number): number => Math.round(100 * value) / 100
  return { ratio: rounded(median(ratios)), noise: rounded((quantile(ratios, 0.75) - quantile(ratios, 0.25)) / 2) }
}
process.stdout.write(
  `${JSON.stringify({ what: 'workers, requests per CPU-second', one, two, apart, twoToOne: beside(found.two), apartToOne: beside(found.apart) })}\n`,
)
for (const { services } of all) for (const { service } of services) await service[Symbol.asyncDispose]()
await vendor.stop()
await redis.stop()
rmSync(folder, { recursive: true })
process.exit()
