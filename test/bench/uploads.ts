/** What images on their way cost in memory: how far a fresh process grows while many are sent at once to a vendor that reads late: `node test/bench/uploads.ts [ROUNDS]`. One JSON line for each size and server. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '../support/redis.ts'
import { field, file, form, multipart, pngOf } from '../uploads/uploads.ts'
import { type Running, start } from './child.ts'
import { median } from './comparison.ts'
import { cookieOf } from './sign-in.ts'

const rounds = Number(process.argv[2] ?? 3)
/** The second is nearly as large as the service takes. */
const batches = [
  { images: 20, mb: 5 },
  { images: 10, mb: 9.9 },
] as const
const kinds = ['HAND', 'OURS'] as const

const folder = mkdtempSync(join(tmpdir(), 'bench-uploads-'))
const redis = await startRedis()
const vendor = await start('./servers/vendor.ts', { LATENCY: '0' }, join(folder, 'vendor'))
const agent = new Agent()

const upload = async ({ told }: Running, cookie: string, body: Buffer): Promise<void> => {
  const sent = request(`${told['url']}${told['path']}/images`, {
    method: 'POST',
    agent,
    headers: {
      ...{ cookie, origin: told['url'], 'x-bff-csrf': '1' },
      ...{ 'content-type': multipart, 'content-length': body.length },
    },
  })
  sent.end(body)
  const [answer] = await once(sent, 'response')
  answer.resume()
  await once(answer, 'end')
  if (answer.statusCode !== 201) throw new Error(`an image was answered ${answer.statusCode}`)
}

const formOf = (bytes: number): Buffer => form(field('role', 'appUser'), file(pngOf(bytes)))

/** Megabytes: how much the process grew at most, and what went through in a second. */
const measure = async (kind: (typeof kinds)[number], { images, mb }: (typeof batches)[number]) => {
  const env = { REDIS: redis.url, VENDOR: vendor.told['url']!, JOURNAL: `sqlite:${join(folder, `${kind}.db`)}` }
  const server = await start(`./servers/${kind.toLowerCase()}.ts`, env, join(folder, kind))
  const cookie = await cookieOf(kind, server, 'u1')
  await upload(server, cookie, formOf(10_000))
  const before = (await server.usage()).rss
  let most = before
  const watching = new AbortController()
  const watched = (async () => {
    while (!watching.signal.aborted) {
      most = Math.max(most, (await server.usage()).rss)
      await sleep(20)
    }
  })()
  const body = formOf(mb * 1e6)
  const from = performance.now()
  await Promise.all(Array.from({ length: images }, () => upload(server, cookie, body)))
  const seconds = (performance.now() - from) / 1000
  watching.abort()
  await watched
  await server.stop()
  return { grewMb: (most - before) / 1e6, mbPerSecond: (images * mb) / seconds }
}

for (const batch of batches) {
  const found = kinds.map(() => [] as Awaited<ReturnType<typeof measure>>[])
  for (let round = 0; round < rounds; round += 1) for (const [at, kind] of kinds.entries()) found[at]!.push(await measure(kind, batch))
  for (const [at, kind] of kinds.entries()) {
    const of = (name: 'grewMb' | 'mbPerSecond'): number => Math.round(median(found[at]!.map((it) => it[name])))
    process.stdout.write(`${JSON.stringify({ what: 'uploads', kind, ...batch, grewMb: of('grewMb'), mbPerSecond: of('mbPerSecond') })}\n`)
  }
}
agent.destroy()
await vendor.stop()
await redis.stop()
rmSync(folder, { recursive: true })
process.exit()
