/** `npm run soak:rotation`: every key that is a file, swapped under load: calls that failed, seconds until the new one is in use, and where the old one is found afterwards. Bounded: `--seconds` of load for each swap. */
import { createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { flagsOf, whole } from '../../scripts/flags.ts'
import { startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { appId } from '../support/bff.ts'
import { startRedis } from '../support/redis.ts'
import { processEnv, startProcess } from '../support/service-process.ts'
import { until } from '../support/until.ts'

const values = flagsOf('soak:rotation', { seconds: whole(8, 3_600), callers: whole(8, 1_000), pause: whole(0, 60_000, 0) })
const [ms, pauseMs] = [values.seconds * 1000, values.pause]

const secret = (): string => randomBytes(24).toString('hex')
const [vendorOld, vendorNew] = [secret(), secret()]
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
/** A key of the vendor's that is given whole, so that the former and the new one are good side by side. */
const jwt = (kid: string, key: string): string => {
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT', kid })}.${encoded({ scope: 'app' })}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

await using all = new AsyncDisposableStack()
const folder = mkdtempSync(join(tmpdir(), 'bff-rotation-'))
all.defer(() => rmSync(folder, { recursive: true, force: true }))
const redis = await startRedis(['--rdbcompression', 'no', '--dbfilename', 'dump.rdb', '--dir', folder])
all.defer(() => redis.stop())
const vendor = all.use(
  await startSandbox({
    apps: [
      {
        appId,
        keys: [
          { id: 'app_former', secret: vendorOld, scope: 'app' },
          { id: 'app_new', secret: vendorNew, scope: 'app' },
        ],
      },
    ],
    people: Array.from({ length: 50 }, (_, i) => ({ userId: `p${i}` })),
  }),
)
/** What stands in each file: before, while both hold, at last. */
const keys = {
  SMOOCH_JWT: [jwt('app_former', vendorOld), jwt('app_new', vendorNew)],
  SESSION_KEYS: [`k1:${secret()}`, `k2:${secret()}`],
  SESSION_PEPPERS: [`p1:${secret()}`, `p2:${secret()}`],
  SERVICE_KEYS: [`former:${secret()}`, `new:${secret()}`],
} as const
type Name = keyof typeof keys
const fileOf = (name: Name): string => join(folder, name.toLowerCase())
const put = (name: Name, text: string): void => writeFileSync(fileOf(name), `${text}\n`)
for (const [name, [former]] of Object.entries(keys) as [Name, readonly string[]][]) put(name, former!)

const { SMOOCH_KEY_ID: _id, SMOOCH_KEY_SECRET: _s, SESSION_KEYS: _k, SESSION_PEPPERS: _p, SERVICE_KEYS: _v, ...rest } = processEnv
const service = all.use(
  await startProcess({
    ...rest,
    ...Object.fromEntries((Object.keys(keys) as Name[]).map((name) => [`${name}_FILE`, fileOf(name)])),
    ...{ SMOOCH_AUTH: 'jwt', SMOOCH_BASE_URL: vendor.url, REDIS_URL: redis.url, JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}` },
    ...{ LIMIT_SERVICE: '1000000', LIMIT_GUARDED: '1000000', LIMIT_READS: '1000000' },
    NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${folder}`,
  }),
)
const mint = async (key: string): Promise<string> => {
  const answer = await fetch(`${service.privateUrl}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.split(':')[1]}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'service', roles: ['admin'], actor: { id: 'soak' } }),
  })
  return answer.ok ? ((await answer.json()) as { token: string }).token : `none ${answer.status}`
}
const kidOf = (token: string): string => (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid

let token = await mint(keys.SERVICE_KEYS[0])
const answers: Record<string, number> = {}
let made = 0
const stop = new AbortController()
const once = async (): Promise<void> => {
  made += 1
  const n = made
  const headers = { authorization: `Bearer ${token}` }
  const user = `${service.publicUrl}/bff/v1.1/appusers/p${n % 50}`
  const answer =
    n % 10 === 0
      ? await fetch(`${service.publicUrl}/bff/v1.1/appusers/${vendor.createUser(appId, { userId: `g${n}` })._id}`, {
          method: 'DELETE',
          headers,
        })
      : n % 3 === 0
        ? await fetch(`${user}/channels`, { headers })
        : await fetch(user, { headers })
  await answer.arrayBuffer()
  answers[answer.status] = (answers[answer.status] ?? 0) + 1
}
const load = Promise.all(
  Array.from({ length: values.callers }, async () => {
    for (; !stop.signal.aborted; await sleep(pauseMs)) await once()
  }),
)

/** Seconds from a swap until the new key is seen in use. */
const inUse: Record<string, string> = {}
const untilInUse = async (name: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
  const began = performance.now()
  await until(isSo)
  inUse[name] = `${((performance.now() - began) / 1000).toFixed(1)} s`
}

await sleep(ms)
put('SMOOCH_JWT', keys.SMOOCH_JWT[1])
await untilInUse('vendor', () => vendor.requests.at(-1)?.headers.authorization === `Bearer ${keys.SMOOCH_JWT[1]}`)
for (const name of ['SESSION_KEYS', 'SESSION_PEPPERS', 'SERVICE_KEYS'] as const) put(name, keys[name].toReversed().join(','))
await untilInUse('service key', async () => !(await mint(keys.SERVICE_KEYS[1])).startsWith('none'))
let fresh = ''
await untilInUse('session key', async () => {
  fresh = await mint(keys.SERVICE_KEYS[1])
  return kidOf(fresh) === 'k2'
})
await sleep(ms)
// The callers come with sessions under the new keys; then the former ones go.
token = fresh
await sleep(2_000)
for (const name of ['SESSION_KEYS', 'SESSION_PEPPERS', 'SERVICE_KEYS'] as const) put(name, keys[name][1])
await untilInUse('former service key refused', async () => (await mint(keys.SERVICE_KEYS[0])) === 'none 401')
await sleep(ms)
stop.abort()
await load
// Of what is reachable alone: writing a snapshot collects the garbage first.
const snapshots = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.heapsnapshot'))
service.child.kill('SIGUSR2')
await until(() => snapshots().length > 0)
// The loop answers again once it is written.
await fetch(`${service.privateUrl}/livez`)
const client = new Redis(redis.url)
await client.save()
client.disconnect()

const former = (Object.keys(keys) as Name[]).map((name) => keys[name][0].replace(/^\w+:/, ''))
const forms = (value: string): string[] => [value, Buffer.from(value).toString('base64').slice(0, -4), encodeURIComponent(value)]
const found = (text: string): number => former.filter((value) => forms(value).some((form) => text.includes(form))).length
const places: Record<string, number> = { log: found(service.output()) }
for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((it) => it.isFile()))
  places[name.replace(/^Heap.*[.]/, '')] = found(readFileSync(join(folder, name), 'latin1'))
const failed = Object.entries(answers).reduce((sum, [status, count]) => (status === '200' ? sum : sum + count), 0)
process.stdout.write(`${made} calls, failed ${failed} ${JSON.stringify(answers)}\nin use after ${JSON.stringify(inUse)}\n`)
process.stdout.write(`former keys found, of ${former.length}: ${JSON.stringify(places)}\n`)
process.exitCode = failed === 0 && Object.values(places).every((count) => count === 0) ? 0 : 1
