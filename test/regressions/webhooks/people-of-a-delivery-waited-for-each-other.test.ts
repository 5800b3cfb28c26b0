/** A delivery that named many people went through them one after another, each with commits and round trips of its own: 3,000 took longer than the vendor waits. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { forEachConcurrent } from '../../../src/platform/concurrency.ts'
import { appId, type Bff, startBff } from '../../support/bff.ts'
import { journalCli } from '../../support/journal-cli.ts'
import { until } from '../../support/until.ts'

const secret = 'test-webhook-secret-2f9a'
const redisUrl = process.env['TEST_REDIS_URL']
const stores: [string, Record<string, string>][] = [
  ['in this process', {}],
  ...(redisUrl ? [['in Redis', { REDIS_URL: redisUrl }] as [string, Record<string, string>]] : []),
]
const people = (name: string, count: number, offset = 0) =>
  Array.from({ length: count }, (_, at) => ({
    _id: (0xabc000000000 + offset + at).toString(16).padStart(24, '0'),
    userId: `${name}-${at}`,
  }))
const deliver = async (bff: Bff, trigger: string, rest: object) =>
  (await bff.call('POST', `/webhooks/smooch/${appId}`, { headers: { 'x-api-key': secret }, json: { trigger, ...rest } })).status

test('many are under way at once, and no more than that', async () => {
  const items = Array.from({ length: 100 }, (_, at) => at)
  const [begun, now]: [number[], Set<number>] = [[], new Set()]
  let most = 0
  await forEachConcurrent(8, items, async (item) => {
    begun.push(item)
    now.add(item)
    most = Math.max(most, now.size)
    await sleep(item % 3)
    now.delete(item)
  })
  expect([begun, most, now.size]).toEqual([items, 8, 0])
})

test('after a failure none is begun, and it is told when the others have ended', async () => {
  const begun: number[] = []
  let ended = 0
  const work = async (item: number) => {
    begun.push(item)
    await sleep(5)
    if (item === 2) throw new Error('no')
    await sleep(20)
    ended += 1
  }
  await expect(
    forEachConcurrent(
      4,
      Array.from({ length: 50 }, (_, at) => at),
      work,
    ),
  ).rejects.toThrow('no')
  expect([begun, ended]).toEqual([[0, 1, 2, 3], 3])
  await expect(forEachConcurrent(4, [], work)).resolves.toBeUndefined()
})

describe.each(stores)('sessions %s', (_name, env) => {
  test.each(['appUser:delete', 'merge:appUser'])(
    '%s of 200 people ends the sessions of all, and is one event of each, told twice or not',
    async (trigger) => {
      await using bff = await startBff({ env: { ...env, SMOOCH_WEBHOOK_SECRET: secret } })
      const gone = people('many', 200)
      const some = await Promise.all([0, 99, 199].map((at) => bff.signIn({ userId: `many-${at}` })))
      const rest = trigger === 'appUser:delete' ? { appUser: [...gone, ...gone] } : { surviving: { _id: 'd'.repeat(24) }, discarded: gone }
      for (let times = 0; times < 2; times += 1) expect(await deliver(bff, trigger, rest)).toBe(200)
      for (const headers of some) expect((await bff.call('GET', '/auth/session', { headers })).json).toEqual({ signedIn: false })
      const lines = (await journalCli({ JOURNAL_URL: `sqlite:${bff.journalFile}` }, ['export'])).text.trim().split('\n')
      const told = lines.map((line) => JSON.parse(line)).filter(({ actor }) => actor?.id === 'vendor')
      const ids = told.map(({ targets }) => targets.at(-1).smoochId)
      expect([ids.length, new Set(ids)]).toEqual([200, new Set(gone.map(({ _id }) => _id))])
      expect((await journalCli({ JOURNAL_URL: `sqlite:${bff.journalFile}` }, ['verify'])).code).toBe(0)
    },
  )

  test('one of them about whom a call of ours still runs sends the delivery back, and it goes through when it comes again', async () => {
    await using bff = await startBff({ env: { ...env, SMOOCH_WEBHOOK_SECRET: secret } })
    const admin = await bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
    const { _id } = bff.sandbox.createUser(appId, { userId: 'ours' })
    const { promise: held, resolve } = Promise.withResolvers<void>()
    bff.sandbox.fault({ operation: 'delete_app_user', held, times: 1 })
    const deletion = bff.call('DELETE', `/v1.1/appusers/${_id}`, { headers: admin })
    await until(() => bff.sandbox.requests.some(({ operation }) => operation === 'delete_app_user'))
    const appUser = [...people('others', 40, 1_000), { _id, userId: 'ours' }, ...people('more', 40, 2_000)]
    expect(await deliver(bff, 'appUser:delete', { appUser })).toBe(503)
    resolve()
    expect((await deletion).status).toBe(200)
    expect(await deliver(bff, 'appUser:delete', { appUser })).toBe(200)
    for (const target of ['others-0', 'others-39', 'more-0', 'more-39', 'ours'])
      expect((await bff.call('GET', `/ops/api/operations?target=${target}`, { headers: admin })).json.operations).toHaveLength(1)
  })
})
