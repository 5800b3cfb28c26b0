/** `npm run soak:readers`: hot reads alone, then beside 500 readers whose vendor is well, 10 s slow, and dead. How long the hot ones take, what the vendor gets, and when it is found again. Bounded: `--seconds` for each step. With `--pin` the service and its Redis have the first processor, all else the second (Linux). */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { flagsOf, toggle, whole } from '../../scripts/flags.ts'
import { start } from '../bench/child.ts'
import type { Job, Result } from '../bench/load.ts'
import { personOf } from '../bench/person.ts'
import { startRedis } from '../support/redis.ts'
import { pinning } from './pinning.ts'

const values = flagsOf('soak:readers', { seconds: whole(12, 3_600), readers: whole(500, 20_000), pin: toggle })
const ms = values.seconds * 1000
const say = (line: string) => process.stdout.write(`${line}\n`)

type Mood = { latencyMs: number } | 'dead'
let mood: Mood = { latencyMs: 5 }
let received = 0
const vendor = createServer((req, res) => {
  received += 1
  const number = Number(/\/appusers\/u(\d+)$/.exec(req.url ?? '')?.[1])
  const answer = () =>
    Number.isNaN(number)
      ? res.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"code":"user_not_found","description":"User not found"}}')
      : res.setHeader('content-type', 'application/json').end(JSON.stringify(personOf(number, 0)))
  if (mood === 'dead') req.socket.destroy()
  else setTimeout(answer, mood.latencyMs)
})
await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))

const pin = pinning(values.pin)
// Those that it starts come along.
pin(process.pid, 1)
const folder = mkdtempSync(join(tmpdir(), 'bff-readers-'))
const redis = await startRedis()
const service = await start(
  './servers/ours.ts',
  {
    REDIS: redis.url,
    VENDOR: `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`,
    JOURNAL: `sqlite:${join(folder, 'journal.db')}`,
  },
  join(folder, 'log'),
)
pin(service.pid, 0)
pin(redis.process.pid!, 0)
const { url, path, privateUrl, serviceKey } = service.told as Record<'url' | 'path' | 'privateUrl' | 'serviceKey', string>
const mint = async (body: object): Promise<{ token: string; setCookie?: string }> => {
  const headers = { authorization: `Bearer ${serviceKey}`, 'content-type': 'application/json' }
  const answer = await fetch(`${privateUrl}/sessions`, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await answer.json()) as { token: string }
}
const cookies: string[] = []
for (let at = 1; at <= 20; at += 1) cookies.push((await mint({ kind: 'cookie', userId: `u${at}` })).setCookie!.split(';')[0]!)
const { token } = await mint({ kind: 'service', roles: ['agent'], actor: { id: 'readers' }, limit: 100_000 })
const staff = { authorization: `Bearer ${token}` }

/** Of a process of its own, on two connections. */
const hotReads = async (forMs: number): Promise<Result> => {
  const child = fork(fileURLToPath(new URL('../bench/load.ts', import.meta.url)))
  const result = new Promise<Result>((resolve) => child.once('message', (it) => resolve(it as Result)))
  const job: Job = { hosts: [new URL(url).host], path, cookies, connections: 2, updates: 0, seed: 1, ms: forMs }
  child.send(job)
  const found = await result
  child.disconnect()
  return found
}

let next = 1_000
/** Readers of users that nobody has read, who wait as long as they are told. */
const readers = () => {
  const answers: Record<string, number> = {}
  const stop = new AbortController()
  const one = async (): Promise<void> => {
    await sleep(Math.random() * 3_000)
    while (!stop.signal.aborted) {
      next += 1
      const answer = await fetch(`${url}/bff/v1.1/appusers/u${next}`, { headers: staff, signal: stop.signal }).catch(() => undefined)
      if (!answer) return
      const text = await answer.text()
      const name = `${answer.status} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''}`.trim()
      answers[name] = (answers[name] ?? 0) + 1
      await sleep(Number(answer.headers.get('retry-after') ?? 1) * 1_000 * (0.5 + Math.random()), undefined, { signal: stop.signal }).catch(
        () => undefined,
      )
    }
  }
  const all = Promise.all(Array.from({ length: values.readers }, one))
  return async () => {
    stop.abort()
    await all
    return answers
  }
}

const shown = ({ done, p50, p99, wrong }: Result) => `${done} reads, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${wrong} failed`
/** Milliseconds until a read of a user that nobody has read is answered. */
const foundAgain = async (): Promise<number> => {
  const from = performance.now()
  for (;;) {
    const answer = await fetch(`${url}/bff/v1.1/appusers/u${Math.floor(Math.random() * 1e9) + 1e6}`, { headers: staff })
    await answer.text()
    if (answer.status === 200 || performance.now() - from > 20_000) return performance.now() - from
    await sleep(50)
  }
}
const moods: Readonly<Record<string, Mood>> = { 'is well': { latencyMs: 5 }, 'is 10 s slow': { latencyMs: 10_000 }, 'is dead': 'dead' }
try {
  await hotReads(2_000)
  const alone = await hotReads(ms)
  say(`alone: hot reads ${shown(alone)}`)
  let well: Result | undefined
  for (const [name, next] of Object.entries(moods)) {
    mood = next
    const stop = readers()
    await sleep(4_500)
    const from = received
    const during = await hotReads(ms)
    well ??= during
    const perSecond = (received - from) / (ms / 1000)
    mood = { latencyMs: 5 }
    const recovery = await foundAgain()
    say(`beside ${values.readers} readers, the vendor ${name}: hot reads ${shown(during)}`)
    say(
      `  p99 × ${(during.p99 / alone.p99).toFixed(2)} of alone, × ${(during.p99 / well.p99).toFixed(2)} of the vendor well; it got ${perSecond.toFixed(1)} calls a second; found again after ${(recovery / 1000).toFixed(1)} s`,
    )
    say(`  ${JSON.stringify(await stop())}`)
  }
} finally {
  await service.stop()
  vendor.closeAllConnections()
  vendor.close()
  await redis.stop()
  rmSync(folder, { recursive: true, force: true })
}
