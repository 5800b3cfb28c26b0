/** What people take in Redis, beside what docs/deploy.md promises to whoever sizes it. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { mina, startBff } from '../support/bff.ts'
import { redisInstalled, startRedis } from '../support/redis.ts'

const whenRedis = redisInstalled() ? test : test.skip // redis-server is not installed

/** Bytes of a row of the table, by default and with the setting that it recommends. */
const promised = (what: RegExp): number[] => {
  const row =
    readFileSync('docs/deploy.md', 'utf8')
      .split('\n')
      .find((line) => what.test(line)) ?? ''
  return [...row.matchAll(/([\d.]+) KB/g)].map(([, figure]) => 1_000 * Number(figure))
}

whenRedis.each([
  ['64', 0],
  ['2048', 1],
])('with hash-max-listpack-value %s a person takes what is documented, and so does a further session', async (limit, column) => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis(['--hash-max-listpack-value', limit])
  all.defer(() => redis.stop())
  const bff = all.use(await startBff({ env: { REDIS_URL: redis.url } }))
  const client = new Redis(redis.url)
  all.defer(() => client.disconnect())
  const used = async (): Promise<number> => {
    const keys = (await client.keys('bff:[smn]:*')).filter((key) => !key.startsWith('bff:n:{replicas-'))
    return (await Promise.all(keys.map((key) => client.call('MEMORY', 'USAGE', key, 'SAMPLES', '0')))).reduce<number>(
      (sum, it) => sum + Number(it),
      0,
    )
  }
  await bff.signIn({ kind: 'cookie', userId: mina.userId })
  const once = await used()
  const [session = ''] = await client.keys('bff:s:*')
  // A further field, however small, doubles the table of a hash.
  expect((await client.hkeys(session)).sort()).toEqual(['a', 'c', 'i', 'v'])
  await bff.signIn({ kind: 'cookie', userId: mina.userId })
  const further = (await used()) - once
  // Redis' own tables, which grow by doubling, are in the documented figures and not in these.
  for (const [bytes, documented] of [
    [once, promised(/^\| a person who is signed in/)[column]!],
    [further, promised(/^\| each further session/)[column]!],
  ] as const) {
    expect(bytes).toBeLessThanOrEqual(documented)
    expect(bytes).toBeGreaterThan(documented * 0.75)
  }
})
