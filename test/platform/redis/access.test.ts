/** Redis as people guard it: TLS with an authority of their own and client certificates, passwords of users, Sentinels and sockets, IPv6; and a password that is changed while we run. */
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { connectRedis } from '../../../src/platform/redis/client.ts'
import type { RedisSource } from '../../../src/platform/redis/connection.ts'
import { type Certificates, makeCertificates } from '../../support/certificates.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { startCluster, startSentinel, startStandalone } from '../../support/redis-topologies.ts'
import { until } from '../../support/until.ts'

const when = redisInstalled() ? test.concurrent : test.concurrent.skip // Redis is not installed

const scripts = { put: { numberOfKeys: 1, lua: `return redis.call('INCR', KEYS[1])` } }

const identity = (tls: Certificates) => ({ ca: tls.text('ca.pem'), cert: tls.text('client.pem'), key: tls.text('client.key') })

/** How many of thirty keys were written, and the causes that were told. On a busy machine a new connection may be silent for
 * longer than a call waits, which says nothing of access. */
const use = async (source: RedisSource): Promise<{ written: number; causes: string[] }> => {
  const causes: string[] = []
  const client = await connectRedis(
    source,
    scripts,
    ({ cause }) => void (cause && !/timed out/.test(cause.message) && causes.push(cause.message)),
  )
  try {
    const write = async () => {
      const answers = await Promise.allSettled(Array.from({ length: 30 }, (_, at) => client.run('put', [`bff:{${at}}`])))
      return { written: answers.filter(({ status }) => status === 'fulfilled').length, causes }
    }
    return await until(write, ({ written }) => written === 30 || causes.length > 0, 250)
  } finally {
    client.close()
  }
}

when('TLS with an authority of one’s own and a client certificate, standalone', async () => {
  await using all = new AsyncDisposableStack()
  const tls = all.use(makeCertificates())
  const redis = await startStandalone({ tls, password: 'p@ss:w/rd' })
  all.defer(() => redis.stop())
  const url = `rediss://:p%40ss%3Aw%2Frd@127.0.0.1:${redis.port}/3`
  expect(await use(() => ({ url, ...identity(tls) }))).toEqual({ written: 30, causes: [] })
  const stranger = await use(() => ({ url, cert: tls.text('client.pem'), key: tls.text('client.key') }))
  expect(stranger.written).toBe(0)
  expect(stranger.causes.join()).toMatch(/certificate/)
  expect((await use(() => ({ url, ca: tls.text('ca.pem') }))).written).toBe(0)
})

when('TLS and two passwords with a Sentinel', async () => {
  await using all = new AsyncDisposableStack()
  const tls = all.use(makeCertificates())
  const redis = await startSentinel({ tls, password: 'of-the-master', sentinelPassword: 'of-the-sentinel' })
  all.defer(() => redis.stop())
  const url = `rediss+sentinel://:of-the-master@127.0.0.1:${redis.sentinelPort}/bff/2`
  expect(await use(() => ({ url, ...identity(tls), sentinelLogin: ':of-the-sentinel' }))).toEqual({ written: 30, causes: [] })
  const without = await use(() => ({ url, ...identity(tls) }))
  expect(without.written).toBe(0)
  expect(without.causes.join()).toMatch(/NOAUTH/)
})

when('a password with a Sentinel, without TLS', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startSentinel({ password: 'of-the-master', sentinelPassword: 'of-the-sentinel' })
  all.defer(() => redis.stop())
  const url = `redis+sentinel://:of-the-master@127.0.0.1:${redis.sentinelPort}/bff`
  expect(await use(() => ({ url, sentinelLogin: ':of-the-sentinel' }))).toEqual({ written: 30, causes: [] })
})

when('TLS and a password with a Cluster, found by name too', async () => {
  await using all = new AsyncDisposableStack()
  const tls = all.use(makeCertificates())
  const redis = await startCluster({ tls, password: 'of-the-cluster' })
  all.defer(() => redis.stop())
  const nodes = redis.url.replace('redis+cluster://', '')
  expect(await use(() => ({ url: `rediss+cluster://:of-the-cluster@${nodes}`, ...identity(tls) }))).toEqual({ written: 30, causes: [] })
  const named = nodes.replaceAll('127.0.0.1', 'localhost')
  expect((await use(() => ({ url: `rediss+cluster://:of-the-cluster@${named}`, ...identity(tls) }))).written).toBe(30)
})

when('IPv6: alone, with a Sentinel, with a Cluster', async () => {
  await using all = new AsyncDisposableStack()
  const alone = await startStandalone({ host: '::1', password: 'secret' })
  all.defer(() => alone.stop())
  expect((await use(`redis://:secret@[::1]:${alone.port}`)).written).toBe(30)
  const sentinel = await startSentinel({ host: '::1' })
  all.defer(() => sentinel.stop())
  expect((await use(`redis+sentinel://[::1]:${sentinel.sentinelPort}/bff`)).written).toBe(30)
  const cluster = await startCluster({ host: '::1' })
  all.defer(() => cluster.stop())
  expect((await use(cluster.url)).written).toBe(30)
})

when('a socket with a user, a password and a database', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const root = new Redis(redis.url, { db: 5 })
  all.defer(() => root.disconnect())
  await root.call('ACL', 'SETUSER', 'bff', 'on', '>pass:word', '~*', '+@all')
  await root.call('CONFIG', 'SET', 'requirepass', 'of-the-default')
  expect(await use(`unix://bff:pass%3Aword@${redis.url}?db=5`)).toEqual({ written: 30, causes: [] })
  expect(await root.exists('bff:{1}')).toBe(1)
  expect((await use(redis.url)).causes.join()).toMatch(/NOAUTH/)
})

when('a password that was replaced is used for the next connection', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startStandalone({ password: 'the-former' })
  all.defer(() => redis.stop())
  const root = new Redis({ port: redis.port, host: '127.0.0.1', password: 'the-former' })
  all.defer(() => root.disconnect())
  let password = 'the-former'
  const client = await connectRedis(
    () => ({ url: `redis://:${password}@127.0.0.1:${redis.port}` }),
    scripts,
    () => undefined,
  )
  all.defer(() => client.close())
  expect(await client.run('put', ['bff:k'])).toBe(1)
  await root.call('CONFIG', 'SET', 'requirepass', 'the-new-one')
  password = 'the-new-one'
  await root.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  // Once it was answered, at the earliest: on a busy machine one that was given up may have been done all the same.
  expect(await until(() => client.run('put', ['bff:k']).catch(() => undefined))).toBeGreaterThanOrEqual(2)
})
