/** A master that had hung, and in whose place a Sentinel or its Cluster had put another, was written to when it went on: a connection that had rested meanwhile was kept, and what it wrote was lost. So a sign-out had no effect, and an update left the old value in the cache. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { connectRedis } from '../../../src/platform/redis/client.ts'
import { redisInstalled } from '../../support/redis.ts'
import { startCluster, startSentinel } from '../../support/redis-topologies.ts'
import { until } from '../../support/until.ts'

const when = redisInstalled() ? test.concurrent : test.concurrent.skip // Redis is not installed

const scripts = { put: { numberOfKeys: 1, lua: `return redis.call('INCR', KEYS[1])` } }

when('what is answered when a former master goes on is kept', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startSentinel({ silenceMs: 500 })
  all.defer(() => redis.stop())
  const open = async () => {
    const client = await connectRedis(redis.url, scripts, () => undefined)
    all.defer(() => client.close())
    return client
  }
  const [resting, busy] = [await open(), await open()]
  await resting.run('put', ['k'])
  await redis.current()
  redis.master.kill('SIGSTOP')
  await until(() => busy.run('put', ['other']).catch(() => undefined))
  // The resting one hears of it, though nothing is asked of it.
  await sleep(2_500)
  redis.master.kill('SIGCONT')
  let answered = 1
  for (let times = 0; times < 40; times += 1) {
    answered += (await resting.run('put', ['k']).catch(() => undefined)) === undefined ? 0 : 1
    await sleep(10)
  }
  expect(answered).toBeGreaterThan(30)
  // On a busy machine one that was given up may have been done all the same.
  const written = Number(await busy.command('GET', 'k'))
  expect(written).toBeGreaterThanOrEqual(answered)
  expect(written).toBeLessThanOrEqual(1 + 40)
})

when('clients that rested know which node of a Cluster took the place of one that hangs', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startCluster({ replicas: 1 })
  all.defer(() => redis.stop())
  const open = async () => {
    const client = await connectRedis(redis.url, scripts, () => undefined)
    all.defer(() => client.close())
    return client
  }
  const [busy, ...resting] = [await open(), await open(), await open(), await open(), await open()]
  const { process: master } = await redis.current()
  for (const client of resting) await client.run('put', ['k'])
  master.kill('SIGSTOP')
  await sleep(500)
  await until(() => busy.run('put', ['other']).catch(() => undefined))
  await sleep(4_000)
  // One call each, which the former master would not have answered; most of them, for a busy machine.
  const answers = await Promise.allSettled(resting.map((client) => client.run('put', ['k'])))
  expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(1)
})

when('a master that has too few replicas to be written to is not called ready until it has them', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startSentinel()
  all.defer(() => redis.stop())
  const causes: string[] = []
  const client = await connectRedis(redis.url, scripts, ({ cause }) => void causes.push(String(cause?.message)))
  all.defer(() => client.close())
  const demand = (replicas: number) => client.command('CONFIG', 'SET', 'min-replicas-to-write', replicas)
  await demand(2)
  await expect(client.run('put', ['k'])).rejects.toThrow('NOREPLICAS')
  await expect(client.prove()).rejects.toThrow('takes no writes')
  expect(causes.join()).toContain('NOREPLICAS')
  await until(async () => {
    await demand(0).catch(() => undefined)
    return await client.prove().then(
      () => true,
      () => false,
    )
  })
  expect(await client.run('put', ['k'])).toBe(1)
})
