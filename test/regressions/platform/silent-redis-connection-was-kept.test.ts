/** A firewall forgot the connection to Redis: nothing came back on it and nothing ended it, so every call was answered 503 for a quarter of an hour, with Redis in good health. */
import { expect, test } from '@jest/globals'
import { connectRedis, type RedisClient } from '../../../src/platform/redis/client.ts'
import { startBff } from '../../support/bff.ts'
import { startProxy, type TestProxy } from '../../support/proxy.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { startCluster, startSentinel } from '../../support/redis-topologies.ts'
import { until } from '../../support/until.ts'

const when = redisInstalled() ? test.concurrent : test.concurrent.skip // Redis is not installed

/** How long it took, in milliseconds. The limit of the test is far above the few seconds that it takes, for a busy machine, and far
 * below a quarter of an hour. */
const timed = async (look: () => Promise<boolean>): Promise<number> => {
  const began = performance.now()
  await until(() => look().catch(() => false))
  return Math.round(performance.now() - began)
}

when('a connection that says nothing is replaced, and calls are answered again within seconds', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const proxy = all.use(await startProxy(redis.url))
  const bff = all.use(await startBff({ env: { REDIS_URL: `redis://127.0.0.1:${proxy.port}` } }))
  const me = await bff.signIn({})
  const statusOf = async () => (await bff.call('GET', '/v1.1/appusers/me', { headers: me })).status
  expect(await statusOf()).toBe(200)
  proxy.silence()
  expect(await statusOf()).toBe(503)
  const took = await timed(async () => (await statusOf()) === 200)
  process.stderr.write(`silent connection: served again after ${took} ms\n`)
  // The one of the journal's anchor, too: a deletion asks it.
  const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'boss' } })
  await timed(async () => (await bff.call('DELETE', '/v1.1/appusers/cust-20481', { headers: admin })).status === 200)
})

const scripts = { put: { numberOfKeys: 1, lua: `return redis.call('INCR', KEYS[1])` } }
const open = async (url: string): Promise<RedisClient<'put'> & Disposable> => {
  const client = await connectRedis(url, scripts, () => undefined)
  return { ...client, [Symbol.dispose]: () => client.close() }
}

when('a master that hangs is left for the one that the Sentinel names', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startSentinel({ silenceMs: 500 })
  all.defer(() => redis.stop())
  using client = await open(redis.url)
  expect(await client.run('put', ['k'])).toBe(1)
  redis.master.kill('SIGSTOP')
  const took = await timed(async () => Number(await client.run('put', ['k'])) > 0)
  process.stderr.write(`hung master: writes again after ${took} ms\n`)
})

when('a Sentinel that says nothing is not waited for without end', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startSentinel()
  all.defer(() => redis.stop())
  const proxy = all.use(await startProxy(redis.sentinelPort))
  proxy.delay(20_000)
  using client = await open(redis.url.replace(String(redis.sentinelPort), String(proxy.port)))
  await expect(client.run('put', ['k'])).rejects.toThrow()
  proxy.delay(0)
  await timed(async () => Number(await client.run('put', ['k'])) > 0)
})

when('a silent connection to one node of a Cluster is replaced, while the other nodes serve', async () => {
  await using all = new AsyncDisposableStack()
  const proxies: TestProxy[] = []
  const told = async (port: number): Promise<number> => {
    const proxy = all.use(await startProxy(port))
    proxies.push(proxy)
    return proxy.port
  }
  const redis = await startCluster({ told })
  all.defer(() => redis.stop())
  using client = await open(redis.url)
  const keys = ['{a}', '{b}', '{c}', '{d}', '{e}', '{f}']
  const served = async (): Promise<number> =>
    (await Promise.allSettled(keys.map((key) => client.run('put', [key])))).filter(({ status }) => status === 'fulfilled').length
  await timed(async () => (await served()) === keys.length)
  proxies[0]!.silence()
  const left = await served()
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThan(keys.length)
  const took = await timed(async () => (await served()) === keys.length)
  process.stderr.write(`silent node of a Cluster: all keys again after ${took} ms\n`)
})
