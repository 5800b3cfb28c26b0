/** The rows of `npm run check` beside the real things: what each says when all is well, and of each thing that is not. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { checks } from '../../src/check/checks.ts'
import { loadConfiguration } from '../../src/check/configuration.ts'
import type { Finding } from '../../src/check/finding.ts'
import { runChecks } from '../../src/check/run-checks.ts'
import { signingKey } from '../../src/journal/log/checkpoint.ts'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { triggers } from '../../src/webhooks/routes.ts'
import { appId } from '../support/bff.ts'
import { journalCli } from '../support/journal-cli.ts'
import { postgresOfFile } from '../support/postgres-of-file.ts'
import { startProvider } from '../support/provider.ts'
import { redisInstalled, startRedis } from '../support/redis.ts'
import { startCluster, startSentinel } from '../support/redis-topologies.ts'
import { processEnv } from '../support/service-process.ts'
import { providerEnv } from '../support/with-provider.ts'
import { startVendor } from './vendor.ts'

type Env = Record<string, string>

const whenRedis = redisInstalled() ? test : test.skip // redis-server is not installed
const { when: whenPostgres, postgres } = postgresOfFile()

/** Of one row of the table: level and text of each line. */
const look = async (name: string, env: Env): Promise<string[]> => {
  const found: Finding[] = []
  const rows = checks.filter((row) => row.name === name)
  const sound = await runChecks(rows, loadConfiguration({ ...processEnv, ...env }), { found: (_, finding) => void found.push(finding) })
  expect(sound).toBe(found.every(({ level }) => level !== 'fault'))
  // Whoever is told that something is wrong is told what to do.
  expect(found.filter(({ level, todo }) => level !== 'ok' && !todo)).toEqual([])
  return found.map(({ level, text }) => `${level}: ${text}`)
}

const folderOf = (all: AsyncDisposableStack): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-check-'))
  all.defer(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('settings: every fault is told at once, those of files, keys and rules of callers too', async () => {
  await using all = new AsyncDisposableStack()
  const folder = folderOf(all)
  const [apps, providers] = [join(folder, 'apps.yaml'), join(folder, 'providers.yaml')]
  writeFileSync(apps, '- appId: a/b\n  baseUrl: nowhere\n  keys: []\n')
  writeFileSync(providers, '- id: UPPER\n  issuer: nowhere\n')
  const env = {
    ...processEnv,
    ...{ SESSION_KEYS: '', PORT: 'seventy', REDIS: 'redis://127.0.0.1', DRAIN_DELAY: '5' },
    ...{ APPS_FILE: apps, OIDC_PROVIDERS_FILE: providers, OPERATION_CALLERS: 'delete_app_user=nobody' },
    ...{ JOURNAL_URL: 'postgres://u@localhost/j', JOURNAL_SIGNING_KEY: 'no key at all, though it is as long as one may be' },
  }
  const faults = (() => {
    try {
      return [String(loadConfiguration(env))]
    } catch (error) {
      return (error as { faults: string[] }).faults
    }
  })()
  for (const about of [
    ...[/^SESSION_KEYS is missing/, /^PORT is/, /^REDIS is not a setting; did you mean REDIS_URL/],
    ...[/^DRAIN_DELAY is not a setting; did you mean DRAIN_DELAY_SECONDS/, /^APPS_FILE: .*app id/, /^APPS_FILE: .*http/],
    ...[/^OIDC_PROVIDERS_FILE: /, /^OPERATION_CALLERS: /, /^JOURNAL_SIGNING_KEY is set, but/, /^JOURNAL_SEALING_KEY is missing/],
  ])
    expect(faults).toContainEqual(expect.stringMatching(about))
})

test.each([
  ...['REDIS', 'DRAIN_DELAY', 'REDIS_URI', 'SMOOCH_KEY', 'OIDC_CLIENT', 'DRAIN_SECONDS', 'session_keys', 'CACHE_URL', 'LIMIT_SIGN'],
])('settings: %s is not a setting, and is told', (name) => {
  expect(() => loadConfiguration({ ...processEnv, [name]: 'x' })).toThrow(`${name} is not a setting; did you mean`)
})

test.each([
  ...['REDIS_PORT', 'REDIS_SERVICE_HOST', 'REDIS_PORT_6379_TCP', 'SMOOCH_BFF_PORT', 'SMOOCH_BFF_SERVICE_HOST', 'CACHE_REDIS_PORT'],
  ...['JOURNAL_STREAM', 'NODE_OPTIONS', 'SESSION', 'SERVICE', 'LIMIT', 'LOG_FILE', 'HOSTNAME', 'PORTS', 'NODE_EXTRA_CA_CERTS'],
])('settings: %s, which orchestrators and shells set, is left alone', (name) => {
  expect(loadConfiguration({ ...processEnv, [name]: 'tcp://10.0.0.1:6379' }).apps).toHaveLength(1)
})

whenRedis('redis: one that serves calls is well; away, unfit, evicting, forgetful or wasteful is told', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis(['--appendonly', 'yes', '--hash-max-listpack-value', '2048'])
  all.defer(() => redis.stop())
  expect(await look('redis', { REDIS_URL: redis.url })).toEqual([expect.stringMatching(/^ok: Redis \d+\.\S+, standalone: /)])
  expect(await look('cache', { CACHE_REDIS_URL: redis.url })).toHaveLength(1)
  expect(await look('redis', {})).toEqual([])
  const operator = new Redis(redis.url)
  all.defer(() => operator.disconnect())
  await operator.call('ACL', 'SETUSER', 'bff', 'on', '>secretsecret', '~bff:*', '+@all', '-time')
  expect(await look('redis', { REDIS_URL: `unix://bff:secretsecret@${redis.url}` })).toEqual([
    expect.stringMatching(/^fault: does not serve calls: .*time/i),
  ])
  expect(await look('redis', { REDIS_URL: `unix://bff:wrongwrong@${redis.url}` })).toEqual([
    expect.stringMatching(/^fault: does not serve calls: .*WRONGPASS/),
  ])
  await operator.config('SET', 'maxmemory-policy', 'allkeys-lru')
  await operator.config('SET', 'appendonly', 'no')
  expect(await look('redis', { REDIS_URL: redis.url })).toEqual([
    expect.stringMatching(/^ok/),
    expect.stringMatching(/^warn: maxmemory-policy is allkeys-lru/),
    expect.stringMatching(/^warn: appendonly is off/),
  ])
  // A cache may lose what it holds.
  expect(await look('cache', { CACHE_REDIS_URL: redis.url })).toHaveLength(1)
  await operator.config('SET', 'hash-max-listpack-value', '64')
  const told = [expect.stringMatching(/^ok/), expect.stringMatching(/^warn: hash-max-listpack-value is 64/)]
  expect(await look('cache', { CACHE_REDIS_URL: redis.url })).toEqual(told)
  expect((await look('redis', { REDIS_URL: redis.url })).slice(0, 2)).toEqual(told)
  await operator.call('ACL', 'SETUSER', 'unread', 'on', '>secretsecret', '~bff:*', '+@all', '-config')
  expect(await look('cache', { CACHE_REDIS_URL: `unix://unread:secretsecret@${redis.url}` })).toHaveLength(1)
  await redis.stop()
  expect(await look('redis', { REDIS_URL: redis.url })).toEqual([expect.stringMatching(/^fault: does not serve calls/)])
})

whenRedis(
  'redis: behind Sentinels and in a Cluster it is well; what loses changes is told, and a node of a Cluster alone with the address to take',
  async () => {
    await using all = new AsyncDisposableStack()
    const sentinel = await startSentinel()
    all.defer(() => sentinel.stop())
    const cluster = await startCluster({ replicas: 1 })
    all.defer(() => cluster.stop())
    const alone = /^warn: min-replicas-to-write is 0: /
    const onSentinel = await look('redis', { REDIS_URL: sentinel.url })
    expect([onSentinel[0], onSentinel.at(-1)]).toEqual([expect.stringMatching(/^ok: Redis \S+, sentinel: /), expect.stringMatching(alone)])
    const demandReplicas = ({ port }: { readonly port: number }) =>
      void execFileSync('redis-cli', ['-p', String(port), 'CONFIG', 'SET', 'min-replicas-to-write', '1'])
    cluster.nodes.slice(1).forEach(demandReplicas)
    const onCluster = await look('redis', { REDIS_URL: cluster.url })
    expect([onCluster[0], onCluster.at(-1)]).toEqual([
      expect.stringMatching(/^ok: Redis \S+, cluster of 3 masters: /),
      expect.stringMatching(alone),
    ])
    demandReplicas(cluster.nodes[0]!)
    expect(await look('redis', { REDIS_URL: cluster.url })).not.toContainEqual(expect.stringMatching(alone))
    const node = cluster.url.replace('redis+cluster', 'redis').split(',')[0]!
    expect(await look('redis', { REDIS_URL: node })).toEqual([expect.stringMatching(/^fault: does not serve calls: /)])
  },
)

test('journal in SQLite: well when it is absent or ours; lost, locked or with other keys it is told, and nothing is made', async () => {
  await using all = new AsyncDisposableStack()
  const path = join(folderOf(all), 'deep', 'journal.db')
  const env = { JOURNAL_URL: `sqlite:${path}` }
  expect(await look('journal', env)).toEqual([expect.stringMatching(/^ok: .*made at the first start/)])
  expect(await look('journal', env)).toEqual([expect.stringMatching(/^ok: .*made at the first start/)])
  const own = { ...env, JOURNAL_URL: `sqlite:${join(folderOf(all), 'journal.db')}`, JOURNAL_SEALING_KEY: 'k'.repeat(32) }
  const file = own.JOURNAL_URL.slice('sqlite:'.length)
  const keyed = { ...own, JOURNAL_SIGNING_KEY: randomBytes(32).toString('hex') }
  const { openSqlite } = await import('../../src/journal/store/sqlite/store.ts')
  await (await openSqlite({ path: file, keys: [signingKey(keyed.JOURNAL_SIGNING_KEY)], instance: 'i_test' })).close()
  expect(await look('journal', keyed)).toEqual([expect.stringMatching(/^ok: SQLite at .*schema and keys fit/)])
  expect(await look('journal', { ...keyed, JOURNAL_SIGNING_KEY: randomBytes(32).toString('hex') })).toEqual([
    expect.stringMatching(/^fault: .*signed by a key that is not configured/),
  ])
  expect((await journalCli(keyed, ['head'])).code).not.toBe(3)
  {
    using other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    expect(await look('journal', keyed)).toEqual([expect.stringMatching(/^fault: .*locked/)])
  }
  rmSync(file)
  expect(await look('journal', keyed)).toEqual([expect.stringMatching(/^fault: .*there was a journal here/)])
})

whenPostgres(
  'journal in PostgreSQL: well for a role of its own; without journal, rights or lock, and for its owner, it is told',
  async () => {
    for (const make of ['DATABASE checked', 'ROLE bff LOGIN', 'ROLE stranger LOGIN']) postgres().sql(`CREATE ${make}`)
    const keys = { JOURNAL_SIGNING_KEY: randomBytes(32).toString('hex'), JOURNAL_SEALING_KEY: 'k'.repeat(32) }
    const as = (role: string) => look('journal', { ...keys, JOURNAL_URL: postgres().url('checked', role) })
    expect(await as('stranger')).toEqual([expect.stringMatching(/^fault: PostgreSQL holds no journal, and this role may not/)])
    expect(await as('postgres')).toEqual([expect.stringMatching(/^warn: PostgreSQL holds no journal yet/)])
    await createPostgres(postgres().url('checked'), signingKey(keys.JOURNAL_SIGNING_KEY), 'bff')
    expect(await as('bff')).toEqual([expect.stringMatching(/^ok: PostgreSQL \d\S*.*role, schema and keys fit, and the lock was had/)])
    expect(await as('postgres')).toEqual([expect.stringMatching(/^ok/), expect.stringMatching(/^warn: the role postgres owns/)])
    expect(await as('stranger')).toEqual([expect.stringMatching(/^fault: the role stranger may not use the schema journal/)])
    postgres().sql('ALTER TABLE journal.event DISABLE TRIGGER event_no_update', 'checked')
    expect(await as('bff')).toEqual([expect.stringMatching(/^fault: the trigger event_no_update is missing, disabled or was changed/)])
    postgres().sql('ALTER TABLE journal.event ENABLE TRIGGER event_no_update', 'checked')
    const { default: pg } = await import('pg')
    const other = new pg.Client(postgres().url('checked'))
    await other.connect()
    await other.query('BEGIN; SELECT * FROM journal.head FOR UPDATE')
    expect(await as('bff')).toEqual([expect.stringMatching(/^fault: PostgreSQL: .*lock/)])
    await other.end()
    expect(await look('journal', { ...keys, JOURNAL_URL: 'postgres://u@127.0.0.1:9/j' })).toEqual([
      expect.stringMatching(/^fault: .*ECONNREFUSED/),
    ])
  },
)

test('vendor: a key that is taken is well; a wrong key, an unknown app and silence are three faults', async () => {
  await using all = new AsyncDisposableStack()
  const vendor = await startVendor(all)
  const env = { SMOOCH_BASE_URL: vendor.url }
  expect(await look('vendor', env)).toEqual([expect.stringMatching(/^ok: .*takes the key/)])
  expect(vendor.requests.map(({ method }) => method)).toEqual(['GET'])
  expect(await look('vendor', { ...env, SMOOCH_KEY_ID_2: 'app_other', SMOOCH_KEY_SECRET_2: 'x'.repeat(20) })).toEqual([
    expect.stringMatching(/^ok: .*takes the key/),
    expect.stringMatching(/^fault: .*refuses the key app_other .*\(401\)/),
  ])
  expect(await look('vendor', { SMOOCH_BASE_URL: `${vendor.url}/elsewhere` })).toEqual([expect.stringMatching(/^fault: .*not the API/)])
  expect(await look('vendor', { SMOOCH_BASE_URL: 'http://127.0.0.1:9' })).toEqual([
    expect.stringMatching(/^fault: .*no clear answer: .*ECONNREFUSED/),
  ])
})

test('webhooks: one that leads here with our secret is well; none, another secret and lacking events are told', async () => {
  await using all = new AsyncDisposableStack()
  const target = `https://bff.example.com/bff/webhooks/smooch/${appId}`
  const secret = 'canary-webhook-secret-0001'
  const ours = await startVendor(all, { target, secret })
  const env = { SMOOCH_BASE_URL: ours.url, SMOOCH_WEBHOOK_SECRET: secret }
  expect(await look('webhooks', env)).toEqual([`ok: the one of the app ${appId} leads to ${target}`])
  expect(await look('webhooks', { ...env, SMOOCH_WEBHOOK_SECRET: `${secret}-2` })).toEqual([
    expect.stringMatching(/^fault: .*another secret/),
  ])
  expect(await look('webhooks', { ...env, BASE_PATH: '/api' })).toEqual([expect.stringMatching(/^fault: none .*although a secret is set/)])
  const few = await startVendor(all, { target, secret, triggers: triggers.slice(1) })
  expect(await look('webhooks', { ...env, SMOOCH_BASE_URL: few.url })).toEqual([
    expect.stringMatching(/^warn: .*does not tell of appUser:delete/),
  ])
  const none = await startVendor(all)
  expect(await look('webhooks', { SMOOCH_BASE_URL: none.url })).toEqual([expect.stringMatching(/^warn: none /)])
  expect(await look('webhooks', { ...env, SMOOCH_KEY_SECRET: 'x'.repeat(20) })).toEqual([
    expect.stringMatching(/^warn: .*vendor answers 401/),
  ])
})

test('provider: one that knows us is well; a wrong issuer, secret, address and scope are told apart', async () => {
  await using all = new AsyncDisposableStack()
  const provider = all.use(await startProvider())
  const origin = 'http://localhost:3000'
  provider.register([origin], '')
  const env = { ...providerEnv(provider), PUBLIC_ORIGIN: origin }
  const { issuer } = provider
  const isFound = expect.stringMatching(/^ok: .* is found/)
  expect(await look('provider', env)).toEqual([
    ...[isFound, `ok: ${issuer} takes us for the client bff-web`, `ok: it sends people back to ${origin}/bff/auth/callback`],
  ])
  expect((await look('provider', { ...env, OIDC_CLIENT_SECRET: 'x'.repeat(20) }))[1]).toMatch(/^fault: .*refuses the client bff-web: /)
  expect((await look('provider', { ...env, OIDC_CLIENT_ID: 'nobody' }))[1]).toMatch(/^fault: .*refuses the client nobody: /)
  expect((await look('provider', { ...env, PUBLIC_ORIGIN: 'http://localhost:3009' }))[2]).toMatch(/^fault: it refuses to send people back/)
  expect(
    (
      await look('provider', {
        ...env,
        OIDC_SCOPE: 'openid',
        OIDC_CLIENT_ID: 'bff-web',
        OIDC_ISSUER: `${issuer}/wrong`,
        TRUSTED_ISSUERS: '',
      })
    )[0],
  ).toMatch(/^fault: .*cannot be used/)
  expect(await look('provider', {})).toEqual([])
})

test('clock: one that agrees is well; seconds are a warning, more than half a minute a fault', async () => {
  await using all = new AsyncDisposableStack()
  let ahead = 0
  const server = createServer((_, res) => res.setHeader('Date', new Date(Date.now() + ahead * 1000).toUTCString()).end())
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  all.defer(() => void server.close())
  const env = { SMOOCH_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  expect(await look('clock', env)).toEqual([expect.stringMatching(/^ok: ours agrees/)])
  ahead = 10
  expect(await look('clock', env)).toEqual([expect.stringMatching(/^warn: .* (9|10) s ahead/)])
  ahead = -90
  expect(await look('clock', env)).toEqual([expect.stringMatching(/^fault: .* 9[01] s behind/)])
})
