import { describe, expect, test } from '@jest/globals'
import { bffOnRedis } from '../support/bff-on-redis.ts'
import { redisInstalled } from '../support/redis.ts'
import { until } from '../support/until.ts'

const given = redisInstalled() ? describe : describe.skip
/** OUTAGE_SECONDS=10 for the whole of it, on a machine that has nothing else to do; beside other tests the clients themselves are slow. */
const alone = process.env['OUTAGE_SECONDS']
const seconds = Number(alone ?? 2)
const withinMs = alone ? 300 : 1_000
const clients = 100
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

interface Seen {
  readonly status: number
  readonly ms: number
  readonly retryAfter: string | null
  readonly cookie: boolean
}

given('when the session store is away', () => {
  const service = bffOnRedis()

  const ask = async (headers: Record<string, string>, path = '/auth/session'): Promise<Seen> => {
    const start = performance.now()
    const { status, headers: got } = await service.bff.call('GET', path, { headers })
    return { status, ms: performance.now() - start, retryAfter: got.get('retry-after'), cookie: got.has('set-cookie') }
  }
  const signInAll = async () => {
    const all: Record<string, string>[] = []
    for (let i = 0; i < clients; i++) all.push(await service.bff.signIn({ kind: i % 2 ? 'cookie' : 'bearer', userId: `client-${i}` }))
    return all
  }

  test(`K1: stopped ${seconds} s under ${clients} clients it costs 503s within ${withinMs} ms, and nobody's session`, async () => {
    const all = await signInAll()
    service.stop()
    const end = Date.now() + seconds * 1000
    const seen: Seen[] = []
    await Promise.all(
      all.map(async (headers, i) => {
        // Clients do not come all in the same instant.
        await sleep((i * 997) % 300)
        while (Date.now() < end) {
          seen.push(await ask(headers, i % 3 ? '/auth/session' : '/v1.1/appusers/me'))
          await sleep(200)
        }
      }),
    )
    service.goOn()
    const back = Date.now()
    await until(async () => (await ask(all[0]!)).status === 200)
    const recovered = Date.now() - back
    const slow = seen.filter(({ ms }) => ms > withinMs).length
    const worst = Math.round(Math.max(...seen.map(({ ms }) => ms)))
    process.stderr.write(
      `outage: ${seen.length} answers, slowest ${worst} ms, ${slow} above ${withinMs} ms, recovered in ${recovered} ms\n`,
    )
    expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([503]))
    expect(seen.every(({ retryAfter, cookie }) => retryAfter === '1' && !cookie)).toBe(true)
    // The figures are for people: on a busy machine only a hang fails the test.
    expect(worst).toBeLessThan(60_000)
    for (const headers of all) expect((await service.bff.call('GET', '/auth/session', { headers })).json.signedIn).toBe(true)
  })

  test('killed and started again empty it says 401 only once it is back', async () => {
    const headers = await service.bff.signIn({ kind: 'cookie' })
    await service.kill()
    for (let i = 0; i < 10; i++) {
      expect(await ask(headers, '/v1.1/appusers/me')).toMatchObject({ status: 503, retryAfter: '1', cookie: false })
      await sleep(30)
    }
    await service.startAgain()
    const { status } = await until(
      () => ask(headers, '/v1.1/appusers/me'),
      (answer) => answer.status !== 503,
    )
    expect(status).toBe(401)
    expect((await fetch(`${service.bff.app.privateUrl}/readyz`)).status).toBe(200)
    expect((await ask(await service.bff.signIn(), '/v1.1/appusers/me')).status).toBe(200)
  })
})
