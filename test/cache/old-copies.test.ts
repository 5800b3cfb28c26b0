/** Copies that do not simply serve: while the vendor is slow, under a pepper that is gone, too many readers of one fetch, more people than fit. */
import { expect, test } from '@jest/globals'
import { createSingleFlight } from '../../src/cache/single-flight.ts'
import { memoryCache } from '../../src/cache/store/memory.ts'
import { appId, type Bff, startBff } from '../support/bff.ts'

const status = (answer: Awaited<ReturnType<Bff['call']>>) => String(answer.headers.get('cache-status'))
const reader = async (bff: Bff, userId: string) => {
  bff.sandbox.createUser(appId, { userId, givenName: 'Mina' })
  const headers = await bff.signIn({ userId })
  return () => bff.call('GET', '/v1.1/appusers/me', { headers })
}

test('while the vendor takes too long an old copy is shown, and its answer is the next one', async () => {
  await using bff = await startBff({ cacheTimes: { freshMs: 0, revalidateMs: 0, ifSlowMs: 50 } })
  const read = await reader(bff, 'slow')
  await read()
  bff.sandbox.fault({ operation: 'get_app_user', latency: 1_000, times: 1 })
  const before = bff.sandbox.requests.length
  const answer = await read()
  expect([answer.json.appUser.givenName, status(answer)]).toEqual(['Mina', 'smooch-bff; fwd=stale; fwd-status=504; detail=stale-if-error'])
  expect(bff.sandbox.requests.length).toBe(before + 1)
})

test('with no copy that is young enough the answer is waited for', async () => {
  await using bff = await startBff({ cacheTimes: { freshMs: 0, revalidateMs: 0, ifErrorMs: 1, ifSlowMs: 50 } })
  const read = await reader(bff, 'slow')
  await read()
  bff.sandbox.fault({ operation: 'get_app_user', latency: 300, times: 1 })
  expect(status(await read())).toContain('fwd=miss')
})

test('of the readers of one fetch no more wait than may', async () => {
  const flights = createSingleFlight<string>(2)
  const { promise, resolve } = Promise.withResolvers<string>()
  const first = flights.start('lease', undefined, () => promise)
  const others = [1, 2, 3].map(() => flights.join('lease'))
  expect(others[2]).toBe('full')
  resolve('answer')
  expect(await Promise.all([first, ...others])).toEqual(['answer', 'answer', 'answer', 'full'])
  expect(flights.join('lease')).toBeUndefined()
})

test('in this process the copy that was stored longest ago makes room', async () => {
  const cache = memoryCache(2)
  const states = async (...keys: string[]) => Promise.all(keys.map(async (key) => (await cache.lookup(key, 'token')).state))
  for (const key of ['one', 'two', 'three']) {
    const lead = await cache.lookup(key, key)
    if (lead.state !== 'granted') throw new Error('nothing was there')
    await cache.store(key, { generation: lead.generation, atMs: lead.atMs, sealed: key, freshMs: 60_000, keepMs: 60_000 })
  }
  expect(await states('two', 'three')).toEqual(['fresh', 'fresh'])
  expect(await states('one')).toEqual(['granted'])
  cache.close()
})
