/** Each command to a lost node of a Cluster waited its 200 ms, also when the one before it had got no answer there: a call of two commands took 450 ms in place of 300, a deletion 850. */
import { expect, test } from '@jest/globals'
import { connectRedis } from '../../../src/platform/redis/client.ts'
import { redisInstalled } from '../../support/redis.ts'
import { startCluster } from '../../support/redis-topologies.ts'
import { until } from '../../support/until.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed

const scripts = { put: { numberOfKeys: 1, lua: `return redis.call('INCR', KEYS[1])` } }
const people = Array.from({ length: 30 }, (_, at) => `{${at}}`)

when.each(['SIGSTOP', 'SIGKILL'] as const)(
  'after %s of a node one command to it waits, and people of other nodes are served',
  async (loss) => {
    await using all = new AsyncDisposableStack()
    const redis = await startCluster()
    all.defer(() => redis.stop())
    const client = await connectRedis(redis.url, scripts, () => undefined)
    all.defer(() => client.close())
    const ask = (key: string): Promise<string> =>
      client.run('put', [key]).then(
        () => 'served',
        (error: Error) => error.message,
      )
    await until(async () => !(await Promise.all(people.map(ask))).some((it) => it !== 'served'))
    const lost = redis.nodes[0]!.process
    lost.kill(loss)
    const first = await Promise.all(people.map(ask))
    const theirs = people.filter((_, at) => first[at] !== 'served')
    expect(theirs.length).toBeGreaterThan(0)
    expect(theirs.length).toBeLessThan(people.length)
    expect(new Set(first)).toEqual(new Set(['served', 'Redis did not answer in time']))
    // Not one of them is sent.
    expect(await Promise.all(theirs.map(ask))).toEqual(theirs.map(() => 'Redis has not answered'))
    const others = people.filter((key) => !theirs.includes(key))
    expect(await Promise.all(others.map(ask))).toEqual(others.map(() => 'served'))
    if (loss === 'SIGKILL') return
    lost.kill('SIGCONT')
    await until(async () => !(await Promise.all(theirs.map(ask))).some((it) => it !== 'served'))
    expect(await Promise.all(theirs.map(ask))).toEqual(theirs.map(() => 'served'))
  },
)
