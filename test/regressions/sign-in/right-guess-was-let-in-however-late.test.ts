/** Guesses of one address are stopped before they are looked at: beyond the limit the right secret is refused as well, and who is right is never limited. */
import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { type Answer, appId, type Bff, startBff } from '../../support/bff.ts'
import { canaryServiceKey } from '../../support/canaries.ts'
import { monitor } from '../../support/monitor.ts'
import { clientId } from '../../support/provider.ts'
import { redisInstalled, startRedis, type TestRedis } from '../../support/redis.ts'
import { audience, providerEnv, startWithProvider, type WithProvider } from '../../support/with-provider.ts'

const given = redisInstalled() ? describe : describe.skip
const limit = 5
const guesses = 200
const secret = 'a-webhook-secret-of-tests'
const now = () => Math.floor(Date.now() / 1000)

type Told = Pick<Answer, 'status'> & { readonly retryAfter: string | null | undefined }

interface Kind {
  readonly name: string
  /** What a wrong one is told within the limit, and the right one. */
  readonly refused: number
  readonly served: number
  /** A call from an address of the test's choice, by its last number. */
  ask(right: boolean, from: number, replica?: Bff): Promise<Told>
}

given('guesses', () => {
  let redis: TestRedis
  let direct: Redis
  let it: WithProvider
  let second: Bff
  beforeAll(async () => {
    redis = await startRedis()
    direct = new Redis(redis.url)
    const env = { REDIS_URL: redis.url, LIMIT_FAILURES: String(limit), TRUSTED_PROXIES: '127.0.0.1', SMOOCH_WEBHOOK_SECRET: secret }
    it = await startWithProvider(env)
    second = await startBff({ env: { ...providerEnv(it.provider), ...env }, beside: it.bff })
  })
  afterAll(async () => {
    await second[Symbol.asyncDispose]()
    await it[Symbol.asyncDispose]()
    direct.disconnect()
    await redis.stop()
  })

  /** As after a minute. */
  const windowsEnd = async () => {
    for (const key of await direct.keys('bff:l:*')) await direct.del(key)
  }
  const from = (address: number | string) => ({ 'x-forwarded-for': typeof address === 'number' ? `192.0.2.${address}` : address })
  const told = ({ status, headers }: Answer): Told => ({ status, retryAfter: headers.get('retry-after') })

  const exchange = async (subject_token: string, address: number | string, bff = it.bff) =>
    bff.call('POST', '/auth/session', {
      headers: from(address),
      json: {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        subject_token,
      },
    })
  const idToken = () => it.provider.sign({ sub: randomUUID(), aud: audience, iat: now(), exp: now() + 300 })
  const logoutToken = () => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
    return it.provider.sign(
      { aud: clientId, iat: now(), exp: now() + 120, jti: randomUUID(), sub: 'nobody', events },
      { typ: 'logout+jwt' },
    )
  }
  const logout = (logout_token: string, address: number, bff = it.bff) =>
    bff.call('POST', '/auth/backchannel-logout', { headers: from(address), body: new URLSearchParams({ logout_token }) })
  const webhook = (key: string, address: number, bff = it.bff) =>
    bff.call('POST', `/webhooks/smooch/${appId}`, { headers: { ...from(address), 'x-api-key': key }, json: { trigger: 'client:add' } })

  /** Nobody speaks for the callers of the private listener, so each address of the loopback is another one. */
  const mint = (key: string, address: number, bff = it.bff, path = '/sessions') =>
    new Promise<Told>((resolve, reject) => {
      const call = request(`${bff.app.privateUrl}${path}`, {
        method: 'POST',
        agent: false,
        localAddress: `127.0.0.${address}`,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      })
      call.on('response', (answer) => {
        answer.resume()
        answer.on('end', () => resolve({ status: answer.statusCode!, retryAfter: answer.headers['retry-after'] }))
      })
      call.on('error', reject)
      call.end(JSON.stringify({ kind: 'bearer', userId: 'guessed' }))
    })

  const kinds: Kind[] = [
    {
      name: 'service keys',
      refused: 401,
      served: 201,
      ask: (right, address, bff) => mint(right ? canaryServiceKey : `wrong-${randomUUID()}`, address, bff),
    },
    {
      name: 'webhook secrets',
      refused: 401,
      served: 200,
      ask: async (right, address, bff) => told(await webhook(right ? secret : randomUUID(), address, bff)),
    },
    {
      name: 'tokens to exchange',
      refused: 401,
      served: 200,
      ask: async (right, address, bff) => told(await exchange(right ? await idToken() : 'x.y.z', address, bff)),
    },
    {
      name: 'logout tokens',
      refused: 400,
      served: 200,
      ask: async (right, address, bff) => told(await logout(right ? await logoutToken() : 'x.y.z', address, bff)),
    },
  ]
  const countOf = (answers: Told[], status: number) => answers.filter((answer) => answer.status === status).length
  const wrong = ({ ask }: Kind, count: number, address: number, bff?: Bff) =>
    Promise.all(Array.from({ length: count }, () => ask(false, address, bff)))

  test.each(kinds.map((kind) => [kind.name, kind] as const))(
    '%s: two hundred wrong ones at once, then the right one',
    async (_name, kind) => {
      const answers = await wrong(kind, guesses, 7)
      // On a busy machine some are shed before anybody looks at them.
      expect([countOf(answers, kind.refused), countOf(answers, 429) + countOf(answers, 503)]).toEqual([limit, guesses - limit])
      const late = await kind.ask(true, 7)
      expect(late.status).toBe(429)
      expect(Number(late.retryAfter)).toBeGreaterThan(0)
      expect(Number(late.retryAfter)).toBeLessThanOrEqual(60)
      expect((await kind.ask(true, 8)).status).toBe(kind.served)
      await windowsEnd()
      expect((await kind.ask(true, 7)).status).toBe(kind.served)
    },
  )

  test.each(kinds.map((kind) => [kind.name, kind] as const))('%s: over two replicas there is one limit', async (_name, kind) => {
    await windowsEnd()
    const answers = (await Promise.all([wrong(kind, 20, 9), wrong(kind, 20, 9, second)])).flat()
    expect([countOf(answers, kind.refused), countOf(answers, 429)]).toEqual([limit, 40 - limit])
    expect((await kind.ask(true, 9, it.bff)).status).toBe(429)
    expect((await kind.ask(true, 9, second)).status).toBe(429)
  })

  test.each(kinds.map((kind) => [kind.name, kind] as const))('%s: right ones are not counted, not even in a burst', async (_name, kind) => {
    await windowsEnd()
    await wrong(kind, limit - 1, 10)
    const answers = await Promise.all(Array.from({ length: 60 }, (_, turn) => kind.ask(true, 10, turn % 2 ? it.bff : second)))
    expect([countOf(answers, kind.served) + countOf(answers, 503), countOf(answers, 429)]).toEqual([60, 0])
    // The last guess is still there.
    expect((await kind.ask(false, 10)).status).toBe(kind.refused)
    expect((await kind.ask(true, 10)).status).toBe(429)
  })

  test('a refused attempt asks Redis for the count and for nothing else', async () => {
    await windowsEnd()
    for (const kind of kinds) await wrong(kind, limit, 11)
    // One more of each, so that every script is loaded.
    for (const kind of kinds) await kind.ask(true, 11)
    const { lines } = await monitor(redis.url, async () => {
      for (const kind of kinds) expect((await kind.ask(true, 11)).status).toBe(429)
    })
    const commands = lines.filter((line) => !/\blua\]/.test(line) && /"evalsha?"/i.test(line))
    // An exchange is counted among the sign-ins of its address as well.
    expect(commands).toHaveLength(kinds.length + 1)
    expect(lines.filter((line) => /"(get|hmget|hget|set|hset)"/i.test(line) && !/bff:l:/.test(line))).toEqual([])
  })

  test('a logout token that was refused unseen is good for another time', async () => {
    await windowsEnd()
    const token = await logoutToken()
    await wrong(kinds[3]!, limit, 12)
    expect((await logout(token, 12)).status).toBe(429)
    await windowsEnd()
    expect((await logout(token, 12)).status).toBe(200)
    expect((await logout(token, 12)).status).toBe(400)
  })

  test('each kind has a limit of its own: nobody’s wrong tokens stop the webhooks of the same address', async () => {
    await windowsEnd()
    for (const kind of kinds.slice(2)) await wrong(kind, limit, 13)
    expect((await webhook(secret, 13)).status).toBe(200)
  })

  test('an attempt on an app that does not exist is an attempt, and so is one without a secret', async () => {
    await windowsEnd()
    const elsewhere = (path: string) => it.bff.call('POST', path, { headers: from(14), json: {} })
    for (let turn = 0; turn < limit; turn++)
      expect([401, 404]).toContain((await elsewhere(`/webhooks/smooch/${turn % 2 ? appId : 'another'}`)).status)
    expect((await webhook(secret, 14)).status).toBe(429)
  })

  test.each(['/sessions/end', '/sessions/roles', '/sessions'])('wrong service keys count on every private path: %s', async (path) => {
    await windowsEnd()
    for (let turn = 0; turn < limit; turn++) expect((await mint('wrong', 15, it.bff, path)).status).toBe(401)
    expect((await mint(canaryServiceKey, 15, it.bff)).status).toBe(429)
  })

  test('returns to a sign-in that nobody began are stopped, and a browser is told on a page', async () => {
    await windowsEnd()
    const back = (accept: string) => it.bff.call('GET', `/auth/callback?state=${randomUUID()}&code=x`, { headers: { ...from(16), accept } })
    for (let turn = 0; turn < limit; turn++) expect((await back('text/html')).status).toBe(400)
    const page = await back('text/html')
    expect([page.status, page.headers.get('content-type')]).toEqual([429, 'text/html; charset=utf-8'])
    expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await back('application/json')).json.error.code).toBe('too_many_requests')
    const walker = await it.signIn('ada')
    expect(await it.who(walker.headers(it.origin))).toMatchObject({ signedIn: true })
  })

  test.each([
    ['clients behind NAT64', '64:ff9b::c000:201', '64:ff9b::c000:202', 200],
    ['addresses of one household', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9', 429],
    ['two households', '2001:db8:1:3::1', '2001:db8:1:4::1', 200],
    ['an IPv4 address and the same one mapped', '198.51.100.7', '::ffff:198.51.100.7', 429],
  ])('%s', async (_who, guesser, other, status) => {
    await windowsEnd()
    for (let turn = 0; turn < limit; turn++) expect((await exchange('x.y.z', guesser)).status).toBe(401)
    expect((await exchange(await idToken(), other)).status).toBe(status)
  })

  test('no address stands in Redis', async () => {
    await exchange('x.y.z', 17)
    expect((await direct.keys('*')).filter((key) => /192\.0\.2|127\.0\.0/.test(key))).toEqual([])
  })
})

given('limits as they are by default', () => {
  test('ten wrong service keys, and the right one waits', async () => {
    await using bff = await startBff({ env: { LIMIT_FAILURES: '' } })
    const ask = async (key: string) => (await bff.private('GET', '/sessions', undefined, { authorization: `Bearer ${key}` })).status
    const answers: number[] = []
    for (let turn = 0; turn < guesses; turn++) answers.push(await ask(`wrong-${turn}`))
    expect([answers.filter((it) => it === 401).length, answers.lastIndexOf(401)]).toEqual([10, 9])
    expect(await ask(canaryServiceKey)).toBe(429)
  })
})

given('when the count cannot be kept', () => {
  test('nobody is let in, right or wrong', async () => {
    const redis = await startRedis()
    const env = { REDIS_URL: redis.url, SMOOCH_WEBHOOK_SECRET: secret }
    await using bff = await startBff({ env })
    redis.process.kill('SIGKILL')
    const headers = { 'x-api-key': secret }
    for (const key of [secret, 'wrong'])
      expect((await bff.call('POST', `/webhooks/smooch/${appId}`, { headers: { 'x-api-key': key }, json: {} })).status).toBe(503)
    expect((await bff.private('GET', '/sessions')).status).toBe(503)
    expect((await bff.call('GET', '/docs', { headers })).status).toBe(503)
    await redis.stop()
  })
})
