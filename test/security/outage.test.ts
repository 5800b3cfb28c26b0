/** K1: Redis falls silent. Everyone is told so at once, nobody is signed out, and afterwards all is as before. */

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, appId, type Bff, type Carried, startBff } from '../support/bff.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const onRedis = process.env['TEST_REDIS_URL'] ? describe : describe.skip
const clients = 50
const silentMs = 3_000

onRedis('without Redis', () => {
  let redis: TestRedis
  let bff: Bff
  beforeAll(async () => {
    redis = await startRedis()
    bff = await startBff({ env: { REDIS_URL: redis.url } })
  })
  afterAll(async () => {
    redis.process.kill('SIGCONT')
    await bff[Symbol.asyncDispose]()
    await redis.stop()
  })

  const expectPatience = (answer: Answer) => {
    expect([answer.status, answer.json.error.code]).toEqual([503, 'session_store_unavailable'])
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(answer.headers.get('set-cookie')).toBeNull()
  }

  test(`${clients} clients while Redis is stopped for 3 s: 503 within 300 ms each, and all sessions alive afterwards`, async () => {
    const people = Array.from({ length: clients }, (_, i) => `person-${i}`)
    for (const userId of people) bff.sandbox.createUser(appId, { userId })
    const sessions = await Promise.all(people.map((userId, i) => bff.signIn({ userId, kind: i % 2 ? 'cookie' : 'bearer' })))
    const read = (headers: Carried) => bff.call('GET', '/v1.1/appusers/me', { headers })
    for (const headers of sessions) expect((await read(headers)).status).toBe(200)

    redis.process.kill('SIGSTOP')
    const times: number[] = []
    const until = performance.now() + silentMs
    const client = async (headers: Carried, index: number): Promise<void> => {
      for (let turn = 0; performance.now() < until - 600; turn++) {
        const began = performance.now()
        const kind = (index + turn) % 4
        const answer =
          kind === 0
            ? await bff.call('DELETE', '/auth/session', { headers })
            : kind === 1
              ? await bff.call('PUT', '/v1.1/appusers/me', { headers, json: { givenName: 'Ada' } })
              : kind === 2
                ? await bff.call('GET', '/auth/session', { headers })
                : await read(headers)
        times.push(performance.now() - began)
        expectPatience(answer)
        await sleep(50)
      }
    }
    bff.sent()
    await Promise.all(sessions.map(client))
    expect((await bff.private('GET', '/readyz')).status).toBe(503)
    expect((await bff.private('GET', '/livez')).status).toBe(200)
    expectPatience(await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'person-1' }))
    await sleep(Math.max(0, until - performance.now()))
    redis.process.kill('SIGCONT')

    expect([times.length > clients * 5, bff.sent()]).toEqual([true, 0])
    // 300 ms are promised; the rest is what a busy machine may add.
    expect(Math.max(...times)).toBeLessThan(600)

    for (let waited = 0; (await bff.private('GET', '/readyz')).status !== 200; waited += 50) {
      expect(waited).toBeLessThan(3_000)
      await sleep(50)
    }
    expect(await Promise.all(sessions.map(async (headers) => (await read(headers)).status))).toEqual(people.map(() => 200))
  })

  test('a Redis that is gone altogether is 503 as well', async () => {
    const gone = await startRedis()
    await using other = await startBff({ env: { REDIS_URL: gone.url } })
    const headers = await other.signIn()
    await gone.stop()
    other.sent()
    for (let i = 0; i < 3; i++) expectPatience(await other.call('GET', '/v1.1/appusers/me', { headers }))
    expect(other.sent()).toBe(0)
  })
})
