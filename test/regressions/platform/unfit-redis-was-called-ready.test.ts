/** A Redis that answers PING and refuses every call (a node of a Cluster at redis://, a user without TIME) was ready, so every call was 503 and nobody knew why. */
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { connectRedis } from '../../../src/platform/redis/client.ts'
import { proofScript } from '../../../src/platform/redis/proof.ts'
import { type Bff, startBff } from '../../support/bff.ts'
import { freePort } from '../../support/free-port.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { startCluster } from '../../support/redis-topologies.ts'
import { until } from '../../support/until.ts'

const when = redisInstalled() ? test.concurrent : test.concurrent.skip // Redis is not installed

const said = (bff: Bff): string[] =>
  bff.lines
    .filter(({ msg }) => String(msg).startsWith('redis connection'))
    .map(({ level, msg, cause, remedy }) => JSON.stringify([level, msg, (cause as { message?: string } | undefined)?.message, remedy]))

const commandsIn = (lua: string): Set<string> => new Set([...lua.matchAll(/(?:redis\.call|need)\('([A-Z]+)'/g)].map(([, name]) => name!))

/** The user as docs/deploy.md has it. */
const documented = /^ACL SETUSER bff (.*)$/m.exec(readFileSync('docs/deploy.md', 'utf8'))![1]!.replace('PASSWORD', 'a-password').split(' ')

/** A Redis that knows the documented user, and a connection that may change what the user may. */
const startGuarded = async (all: AsyncDisposableStack) => {
  const port = await freePort()
  const redis = await startRedis(['--port', String(port), '--bind', '127.0.0.1'])
  all.defer(() => redis.stop())
  const root = new Redis(redis.url)
  all.defer(() => root.disconnect())
  await root.call('ACL', 'SETUSER', 'bff', ...documented)
  return { port, root }
}

test('every command of every script is tried, and stands in the documents', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const used = commandsIn(sources.map((name) => readFileSync(`src/${name}`, 'utf8')).join('\n'))
  expect(commandsIn(proofScript.lua)).toEqual(used)
  expect(documented.filter((word) => word.startsWith('+')).map((word) => word.slice(1).toUpperCase())).toEqual(
    expect.arrayContaining([...used, 'EVAL', 'EVALSHA', 'PING']),
  )
})

when('a user with the documented keys and commands can do all that calls do, guarded ones too', async () => {
  await using all = new AsyncDisposableStack()
  const { port, root } = await startGuarded(all)
  const bff = all.use(await startBff({ env: { REDIS_URL: `redis://bff:a-password@127.0.0.1:${port}` } }))
  expect((await bff.private('GET', '/readyz')).status).toBe(200)
  const person = await bff.signIn({})
  const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'boss' } })
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers: person })).status).toBe(200)
  expect((await bff.call('PUT', '/v1.1/appusers/me', { headers: person, json: { givenName: 'Mina' } })).status).toBe(200)
  expect((await bff.call('DELETE', '/v1.1/appusers/cust-20481', { headers: admin })).status).toBe(200)
  expect(said(bff)).toEqual([])
  expect((await root.keys('*')).filter((key) => !key.startsWith('bff:'))).toEqual([])

  await root.call('ACL', 'SETUSER', 'bff', '-time')
  expect((await bff.private('GET', '/readyz')).status).toBe(503)
  expect(said(bff).join('\n')).toMatch(/redis connection fails.*TIME is refused.*docs\/deploy\.md/)
  await root.call('ACL', 'SETUSER', 'bff', '+time')
  expect((await bff.private('GET', '/readyz')).status).toBe(200)
})

when('whatever the user lacks is found out', async () => {
  await using all = new AsyncDisposableStack()
  const { port, root } = await startGuarded(all)
  const client = await connectRedis(`redis://bff:a-password@127.0.0.1:${port}`, {}, () => undefined)
  all.defer(() => client.close())
  await client.prove()
  for (const name of [...commandsIn(proofScript.lua), 'EVAL', 'EVALSHA']) {
    await root.call('ACL', 'SETUSER', 'bff', `-${name}`)
    await expect(client.prove()).rejects.toThrow(name.startsWith('EVAL') ? /permission/ : `${name} is refused`)
    await root.call('ACL', 'SETUSER', 'bff', `+${name}`)
  }
  await root.call('ACL', 'SETUSER', 'bff', 'resetkeys', '~other:*')
  await expect(client.prove()).rejects.toThrow()
})

when('an address of the wrong kind is not ready, and the log says which kind is right', async () => {
  await using all = new AsyncDisposableStack()
  const cluster = await startCluster()
  all.defer(() => cluster.stop())
  const nodes = cluster.url.replace('redis+cluster://', '').split(',')
  for (const node of nodes) {
    const bff = await startBff({ env: { REDIS_URL: `redis://${node}` } })
    await using _ended = bff
    expect((await bff.private('GET', '/readyz')).status).toBe(503)
    expect(said(bff)[0]).toContain('redis+cluster://')
  }
  const right = all.use(await startBff({ env: { REDIS_URL: cluster.url } }))
  expect((await right.private('GET', '/readyz')).status).toBe(200)

  const port = await freePort()
  const alone = await startRedis(['--port', String(port), '--bind', '127.0.0.1'])
  all.defer(() => alone.stop())
  const wrong = all.use(await startBff({ env: { REDIS_URL: `redis+cluster://127.0.0.1:${port}` } }))
  expect((await wrong.private('GET', '/readyz')).status).toBe(503)
  expect(said(wrong)[0]).toContain('redis:// or rediss://')
})

when('a Redis that may evict keys is told of once; one that says nothing of it is left alone', async () => {
  await using all = new AsyncDisposableStack()
  const start = async (...options: string[]) => {
    const redis = await startRedis(options)
    all.defer(() => redis.stop())
    const bff = all.use(await startBff({ env: { REDIS_URL: redis.url } }))
    await bff.private('GET', '/readyz')
    return said(bff)
  }
  expect(await start('--maxmemory-policy', 'allkeys-lru')).toEqual([
    expect.stringMatching(/warn.*maxmemory-policy is allkeys-lru.*noeviction/),
  ])
  expect(await start()).toEqual([])
  expect(await start('--maxmemory-policy', 'allkeys-lru', '--rename-command', 'CONFIG', '')).toEqual([])
})

test('a server that is no Redis is told as such', async () => {
  await using all = new AsyncDisposableStack()
  const other = createServer((socket) => socket.on('error', () => undefined).on('data', () => socket.end('<html>')))
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve))
  all.defer(() => void other.close())
  const bff = all.use(await startBff({ env: { REDIS_URL: `redis://127.0.0.1:${(other.address() as AddressInfo).port}` } }))
  expect((await bff.private('GET', '/readyz')).status).toBe(503)
  expect(said(bff)).toContainEqual(expect.stringContaining('what answers there is no Redis: correct host and port'))
})

when('a Redis that is away at the start is one warning for each connection, and one word when it is back', async () => {
  await using all = new AsyncDisposableStack()
  const port = await freePort()
  const bff = all.use(await startBff({ env: { REDIS_URL: `redis://127.0.0.1:${port}` } }))
  await sleep(3_000)
  const [sessions, cache, journal] = ['redis connection', 'redis connection of the cache', 'redis connection of the journal']
  const words = (ending: string) =>
    bff.lines.map(({ msg }) => String(msg)).filter((msg) => /^redis connection/.test(msg) && msg.endsWith(ending))
  const each = (word: string) => new Set([sessions, cache, journal].map((name) => `${name} ${word}`))
  expect(new Set(words(''))).toEqual(each('fails'))
  // On a busy machine there may be two causes: nobody listens, and nobody answered in time.
  expect(said(bff)).toEqual([...new Set(said(bff))])
  const failed = words('fails').length
  const redis = await startRedis(['--port', String(port), '--bind', '127.0.0.1'])
  all.defer(() => redis.stop())
  await until(() => new Set(words('is back')).size === 3)
  await sleep(700)
  expect(new Set(words('is back'))).toEqual(each('is back'))
  expect(words('is back').length).toBeLessThanOrEqual(3 + words('fails').length - failed)
  await until(async () => (await bff.private('GET', '/readyz')).status === 200)
})
