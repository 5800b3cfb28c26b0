/** How Redis grows with people who are signed in, and whether a hot read notices: `node test/bench/growth.ts [PEOPLE [LISTPACK]]`. One JSON line for each size, each ten times the one before; LISTPACK is Redis' hash-max-listpack-value, by default that of docker-compose.yml. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '../support/redis.ts'
import { start } from './child.ts'
import { median } from './comparison.ts'
import { run } from './load.ts'

const most = Number(process.argv[2] ?? 10_000)
const folder = mkdtempSync(join(tmpdir(), 'bench-growth-'))
const redis = await startRedis(['--hash-max-listpack-value', process.argv[3] ?? '2048'])
const vendor = await start('./servers/vendor.ts', { LATENCY: '0' }, join(folder, 'vendor'))
const env = { REDIS: redis.url, VENDOR: vendor.told['url']!, JOURNAL: `sqlite:${join(folder, 'journal.db')}` }
const service = await start('./servers/ours.ts', env, join(folder, 'service'))
const { url = '', path = '', privateUrl, serviceKey } = service.told

const bytes = (): number =>
  Number(/used_memory:(\d+)/.exec(execFileSync('redis-cli', ['-s', redis.url, 'info', 'memory'], { encoding: 'utf8' }))?.[1])

/** The body of the answer; asked again after 503, which a busy machine may get since Redis is late. */
const ask = async (target: string, init: RequestInit): Promise<string> => {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(target, init)
    const text = await answer.text()
    if (answer.ok) return text
    if (answer.status !== 503 || tries === 10) throw new Error(`${target} was answered ${answer.status}: ${text}`)
    await sleep(1_000)
  }
}

const signIn = async (number: number): Promise<string> => {
  const answer = await ask(`${privateUrl}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${serviceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'cookie', userId: `u${number}` }),
  })
  return (JSON.parse(answer) as { setCookie: string }).setCookie.split(';')[0]!
}

/** So many at a time, and no answer is kept that nobody needs. */
const forEach = async <T, U>(list: readonly T[], work: (it: T) => Promise<U>): Promise<U[]> => {
  const done: U[] = []
  for (let at = 0; at < list.length; at += 16) done.push(...(await Promise.all(list.slice(at, at + 16).map(work))))
  return done
}

const read = (cookie: string): Promise<string> => ask(url + path, { headers: { cookie, 'x-bff-csrf': '1' } })

/** CPU time of a read, in microseconds: the median of rounds, the first two of which do not count. */
const hotRead = async (cookie: string): Promise<number> => {
  const found: number[] = []
  for (let round = 0; round < 9; round += 1) {
    const before = await service.usage()
    const { done } = await run({ hosts: [new URL(url).host], path, cookies: [cookie], connections: 64, ms: 1_500, updates: 0, seed: round })
    if (round > 1) found.push(((await service.usage()).cpu - before.cpu) / done)
  }
  return Math.round(median(found))
}

// Scripts are there before anything is counted.
await read(await signIn(0))
let people = 0
for (let size = 1_000; size <= most; size *= 10) {
  const numbers = Array.from({ length: size - people }, (_, at) => people + at + 1)
  const empty = bytes()
  const cookies = await forEach(numbers, signIn)
  const once = bytes()
  await forEach(numbers, signIn)
  const signedIn = bytes()
  // Entries live for five minutes: the last ten thousand readers are there together.
  const readers = cookies.slice(-10_000)
  await forEach(readers, read)
  const each = (more: number, count: number): number => Math.round(more / count)
  people = size
  const line = {
    what: 'growth',
    people,
    bytesPerPerson: each(once - empty, numbers.length),
    bytesPerFurtherSession: each(signedIn - once, numbers.length),
    bytesPerCachedUser: each(bytes() - signedIn, readers.length),
  }
  process.stdout.write(`${JSON.stringify({ ...line, hotReadUs: await hotRead(await signIn(1)), redisMb: Math.round(bytes() / 1e6) })}\n`)
}
await service.stop()
await vendor.stop()
await redis.stop()
rmSync(folder, { recursive: true })
process.exit()
