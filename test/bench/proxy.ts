/** What passes through to a vendor that takes 20 ms, beside nginx's proxy_pass and the packages of this service alone (PLAIN): reads that are never kept, and updates with a body of 1 KB, over 64 connections, in turns: `node test/bench/proxy.ts [ROUNDS]`. One JSON line for each. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/free-port.ts'
import { startNginx } from '../support/nginx.ts'
import { startRedis } from '../support/redis.ts'
import { type Running, start } from './child.ts'
import { type Kind, median, quantile, sum } from './comparison.ts'
import { type Result, run } from './load.ts'
import { appId } from './person.ts'
import { cookieOf } from './sign-in.ts'

const rounds = Number(process.argv[2] ?? 7)
const people = Array.from({ length: 64 }, (_, at) => `u${at + 1}`)
const folder = mkdtempSync(join(tmpdir(), 'bench-proxy-'))
const redis = await startRedis()
const vendor = await start('./servers/vendor.ts', { LATENCY: '20' }, join(folder, 'vendor'))
const env = { REDIS: redis.url, VENDOR: vendor.told['url']!, JOURNAL: `sqlite:${join(folder, 'journal.db')}` }
const [plain, ours] = (await Promise.all(['plain', 'ours'].map((name) => start(`./servers/${name}.ts`, env, join(folder, name))))) as [
  Running,
  Running,
]
const port = await freePort()
await using _nginx = await startNginx(
  `upstream vendor { server ${new URL(vendor.told['url']!).host}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / { proxy_pass http://vendor; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization "Basic YmVuY2g6YmVuY2g="; }
  }`,
  port,
)

const serverOf = async (kind: Kind, server: Running) => ({
  hosts: [new URL(server.told['url']!).host],
  path: server.told['path']!,
  cookies: await Promise.all(people.map((userId) => cookieOf(kind, server, userId))),
})
const servers = {
  nginx: { hosts: [`127.0.0.1:${port}`], path: `/v1.1/apps/${appId}/appusers/u1`, cookies: people.map(() => 'none=0') },
  PLAIN: await serverOf('PLAIN', plain),
  OURS: await serverOf('OURS', ours),
}
type Name = keyof typeof servers
const names = Object.keys(servers) as Name[]
const update = JSON.stringify({ surname: 'Okafor'.padEnd(1000, '.') })
const loads = { GET: { part: '/channels', updates: 0 }, PUT: { part: '', updates: 1, update } }
/** The first rounds warm up. */
const warmUp = 4

for (const [method, { part, ...load }] of Object.entries(loads)) {
  const found: Record<Name, Result[]> = { nginx: [], PLAIN: [], OURS: [] }
  for (let round = 0; round < warmUp + rounds; round += 1)
    for (const name of names) {
      const { path, ...server } = servers[name]
      const result = await run({ ...server, ...load, path: path + part, onlyStatus: true, connections: 64, ms: 3_000, seed: round })
      if (round >= warmUp) found[name].push(result)
    }
  const perSecond = ({ done, ms }: Result): number => (1000 * done) / ms
  for (const name of names) {
    // Of the same round: what else the machine does meets all alike.
    const ratios = found[name].map((result, at) => perSecond(result) / perSecond(found.nginx[at]!))
    const [low, ratio, high] = [0.25, 0.5, 0.75].map((share) => Number(quantile(ratios, share).toFixed(2)))
    const p50 = Number(median(found[name].map((result) => result.p50)).toFixed(1))
    const told = {
      perSecond: Math.round(median(found[name].map(perSecond))),
      ratio,
      low,
      high,
      p50,
      wrong: sum(found[name].map(({ wrong }) => wrong)),
    }
    process.stdout.write(`${JSON.stringify({ what: 'pass-through, vendor 20 ms', method, name, ...told })}\n`)
  }
}
for (const server of [plain, ours, vendor]) await server.stop()
await redis.stop()
rmSync(folder, { recursive: true })
