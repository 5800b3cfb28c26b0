/** Whether two processes that share the ports (`WORKERS=2`) do as much in a second of CPU time as one does: hot reads, in turns, by `/proc`: `node test/bench/workers.ts [ROUNDS]`. */
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canaryServiceKey } from '../support/canaries.ts'
import { startRedis } from '../support/redis.ts'
import { processEnv, startProcess } from '../support/service-process.ts'
import { start } from './child.ts'
import { median } from './comparison.ts'
import { run } from './load.ts'
import { cookieOf } from './sign-in.ts'

const rounds = Number(process.argv[2] ?? 7)
const people = 64
const warmUp = 5
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
  const job = { hosts: [new URL(service.publicUrl).host], path: '/bff/v1.1/appusers/me', cookies, connections: 64, ms: 2_000, updates: 0 }
  return { service, job, found: [] as number[] }
}

const both = [await open(1), await open(2)]
for (let round = 0; round < warmUp + rounds; round += 1)
  for (const { service, job, found } of both) {
    const before = cpuOf(service.child.pid!)
    const { done, wrong } = await run({ ...job, seed: round })
    if (wrong > 0) process.stderr.write(`${wrong} of ${done} answers were wrong\n`)
    if (round >= warmUp) found.push((1e6 * done) / (cpuOf(service.child.pid!) - before))
  }
const [one = 0, two = 0] = both.map(({ found }) => Math.round(median(found)))
process.stdout.write(
  `${JSON.stringify({ what: 'workers, requests per CPU-second', one, two, ratio: Math.round((100 * two) / one) / 100 })}\n`,
)
for (const { service } of both) await service[Symbol.asyncDispose]()
await vendor.stop()
await redis.stop()
rmSync(folder, { recursive: true })
process.exit()
