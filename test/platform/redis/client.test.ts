/** Scripts called together leave as one command, and stay apart in everything else. */
import { afterAll, expect, test } from '@jest/globals'
import { connectRedis, type RedisClient } from '../../../src/platform/redis/client.ts'
import { monitor } from '../../support/monitor.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { startCluster } from '../../support/redis-topologies.ts'

const scripts = {
  add: { numberOfKeys: 1, lua: `return redis.call('INCRBY', KEYS[1], ARGV[1])` },
  both: { numberOfKeys: 2, lua: `return {redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])}` },
  get: { numberOfKeys: 1, lua: `return redis.call('GET', KEYS[1])` },
  push: { numberOfKeys: 1, lua: `return redis.call('RPUSH', KEYS[1], unpack(ARGV))` },
  nothing: { numberOfKeys: 1, lua: `redis.call('SET', KEYS[1], 'here')` },
  broken: { numberOfKeys: 1, lua: `return ARGV[1] + nil` },
}
type Client = RedisClient<keyof typeof scripts>

const closing: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

const open = async (url: string): Promise<Client> => {
  const client = await connectRedis(url, scripts, () => undefined)
  closing.push(() => client.close())
  return client
}

// Its absence is named once by scripts/provide.ts.
const needsRedis = redisInstalled() ? test : test.skip

needsRedis('each call has its own keys, arguments and answer, in one command for each script', async () => {
  const redis = await startRedis()
  closing.push(() => redis.stop())
  const client = await open(redis.url)
  await client.run('add', ['warm'], [1])
  await client.run('push', ['warm list'], ['a'])
  let answers: unknown[] = []
  const { lines } = await monitor(redis.url, async () => {
    answers = await Promise.all([
      client.run('add', ['a'], [1]),
      client.run('add', ['b'], [20]),
      client.run('push', ['list'], ['x']),
      client.run('push', ['list'], ['y', 'z']),
      client.run('add', ['a'], [300]),
    ])
  })
  expect(answers).toEqual([1, 20, 1, 3, 301])
  expect(lines.filter((line) => !line.includes(' lua] '))).toHaveLength(3)
  expect(await Promise.all([client.run('both', ['a', 'b']), client.run('both', ['b', 'none']), client.run('get', ['none'])])).toEqual([
    ['301', '20'],
    ['20', null],
    null,
  ])
  expect(await client.run('nothing', ['n'])).toBeNull()
})

needsRedis('an error meets only the call whose it is', async () => {
  const redis = await startRedis()
  closing.push(() => redis.stop())
  const client = await open(redis.url)
  await client.command('SET', 'text', 'no number')
  const settled = await Promise.allSettled([
    client.run('add', ['first'], [1]),
    client.run('add', ['text'], [1]),
    client.run('add', ['last'], [1]),
    client.run('broken', ['any'], [1]),
  ])
  expect(settled.map((it) => it.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
  expect(String((settled[1] as PromiseRejectedResult).reason)).toMatch(/not an integer/)
})

needsRedis('many at once: all are answered, in their own order', async () => {
  const redis = await startRedis()
  closing.push(() => redis.stop())
  const client = await open(redis.url)
  const answers = await Promise.all(Array.from({ length: 1_000 }, (_, at) => client.run('add', [`k${at}`], [at])))
  expect(answers).toEqual(Array.from({ length: 1_000 }, (_, at) => at))
})

needsRedis('on a Cluster, calls for different nodes do not share a command', async () => {
  const cluster = await startCluster()
  closing.push(() => cluster.stop())
  const client = await open(cluster.url)
  const answers = await Promise.all(Array.from({ length: 60 }, (_, at) => client.run('add', [`n:{tag${at % 30}}`], [1])))
  expect(answers.slice(0, 30)).toEqual(Array(30).fill(1))
  expect(answers.slice(30)).toEqual(Array(30).fill(2))
})
