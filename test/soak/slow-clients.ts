/** `npm run soak:clients`: hot reads beside clients that do little and hold much: slow heads, slow bodies, answers that nobody reads, idle connections, open consoles. Bounded: `--seconds` for each. */
import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { flagsOf, share, whole, word } from '../../scripts/flags.ts'
import { start } from '../bench/child.ts'
import type { Job, Result } from '../bench/load.ts'
import { startRedis } from '../support/redis.ts'

const values = flagsOf('soak:clients', { seconds: whole(14, 3_600), pause: whole(0, 60_000, 0), share, only: word('') })
const [ms, pause] = [values.seconds * 1000, values.pause]
const folder = mkdtempSync(join(tmpdir(), 'bff-clients-'))
const redis = await startRedis()
const vendor = await start('./servers/vendor.ts', { LATENCY: '5' }, join(folder, 'vendor'))
const service = await start(
  './servers/ours.ts',
  { REDIS: redis.url, VENDOR: vendor.told['url']!, JOURNAL: `sqlite:${join(folder, 'journal.db')}` },
  join(folder, 'ours'),
)
const { url, path, privateUrl, serviceKey } = service.told as Record<'url' | 'path' | 'privateUrl' | 'serviceKey', string>
const { host, port } = new URL(url)

const mint = async (body: object): Promise<{ token: string; setCookie?: string }> => {
  const headers = { authorization: `Bearer ${serviceKey}`, 'content-type': 'application/json' }
  const answer = await fetch(`${privateUrl}/sessions`, { method: 'POST', headers, body: JSON.stringify(body) })
  if (answer.status !== 201) throw new Error(`a session was not made: ${await answer.text()}`)
  return (await answer.json()) as never
}
const cookies: string[] = []
for (let at = 1; at <= 20; at += 1) cookies.push((await mint({ kind: 'cookie', userId: `u${at}` })).setCookie!.split(';')[0]!)
const agent = (await mint({ kind: 'service', roles: ['agent'], actor: { id: 'slow' } })).token
const auditors: string[] = []
// Each may have ten consoles open.
for (let at = 1; at <= 20; at += 1)
  auditors.push((await mint({ kind: 'bearer', roles: ['auditor'], actor: { id: `auditor-${at}` } })).token)

const hotReads = async (forMs: number): Promise<Result> => {
  const child = fork(fileURLToPath(new URL('../bench/load.ts', import.meta.url)))
  const result = new Promise<Result>((resolve) => child.once('message', (it) => resolve(it as Result)))
  child.send({ hosts: [host], path, cookies, connections: 2, pause, updates: 0, seed: 1, ms: forMs } satisfies Job)
  const found = await result
  child.disconnect()
  return found
}
const rss = (): number => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))?.[1]) / 1024)

interface Client {
  readonly name: string
  readonly count: number
  /** Sent at once. */
  readonly head: (nth: number) => string
  /** Sent again and again. */
  readonly drip?: string
  readonly reads?: false
}
const get = (what: string, token: string) => `GET ${what} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`
const put = `PUT /bff/v1.1/appusers/u900 HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${agent}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{`
const clients: readonly Client[] = [
  { name: 'slow heads', count: 1_000, head: () => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n`, drip: 'x-a: b\r\n' },
  { name: 'slow bodies', count: 1_000, head: () => put, drip: ' ' },
  { name: 'answers that nobody reads', count: 500, head: () => get('/bff/openapi.json', agent).repeat(8), reads: false },
  { name: 'idle connections', count: 5_000, head: () => '' },
  { name: 'consoles', count: 200, head: (nth) => get('/bff/ops/api/stream', auditors[nth % auditors.length]!) },
]

/** Counts the first status of each; the connections are held until told. */
const open = async ({ count, head, drip, reads }: Client) => {
  const statuses: Record<string, number> = {}
  const sockets: Socket[] = []
  let cut = 0
  const dial = async (nth: number): Promise<void> => {
    const socket = connect(Number(port), '127.0.0.1')
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    socket
      .on('error', () => undefined)
      .once('close', () => {
        cut += 1
      })
    if (reads === false) socket.pause()
    else
      socket.once('data', (bytes) => {
        const status = `${String(bytes).slice(9, 12)} ${/"code":"(\w+)"/.exec(String(bytes))?.[1] ?? ''}`.trim()
        statuses[status] = (statuses[status] ?? 0) + 1
        socket.resume()
      })
    socket.write(head(nth))
    sockets.push(socket)
  }
  for (let at = 0; at < count; at += 100) await Promise.all(Array.from({ length: Math.min(100, count - at) }, (_, nth) => dial(at + nth)))
  const timer =
    drip === undefined
      ? undefined
      : setInterval(() => {
          for (const it of sockets) if (it.writable) it.write(drip)
        }, 1_000)
  return () => {
    clearInterval(timer)
    for (const socket of sockets) socket.destroy()
    return { statuses, cut }
  }
}

const shown = ({ p50, p99, done }: Result): string => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (${done} reads)`
let failed = 0
try {
  await hotReads(2_000)
  const chosen = clients.filter(({ name }) => name.includes(values.only))
  if (chosen.length === 0) throw new Error(`no client's name holds ${JSON.stringify(values.only)}`)
  for (const client of chosen) {
    const it = { ...client, count: Math.ceil(client.count * values.share) }
    const before = await hotReads(ms / 3)
    const empty = rss()
    const close = await open(it)
    const meanwhile = await hotReads(ms)
    const full = rss()
    const { statuses, cut } = close()
    failed += before.wrong + meanwhile.wrong
    process.stdout.write(
      `${it.count} ${it.name}: hot reads before ${shown(before)}, meanwhile ${shown(meanwhile)}, ${meanwhile.wrong} failed; memory ${empty} to ${full} MB; answered ${JSON.stringify(statuses)}, ended by the service ${cut}\n`,
    )
    await sleep(500)
  }
} finally {
  await service.stop()
  await vendor.stop()
  await redis.stop()
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed === 0 ? 0 : 1
