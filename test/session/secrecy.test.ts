import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { mina } from '../support/bff.ts'
import { canariesIn, canaryEmail, canaryPepper, canarySessionKey } from '../support/canaries.ts'
import { monitor, openMonitor, roundTripsIn } from '../support/monitor.ts'
import { redisInstalled, startRedis, type TestRedis } from '../support/redis.ts'
import { audience, startWithProvider, type WithProvider } from '../support/with-provider.ts'

const given = redisInstalled() ? describe : describe.skip

given('Redis', () => {
  let redis: TestRedis
  let it: WithProvider
  let client: Redis
  beforeAll(async () => {
    redis = await startRedis()
    it = await startWithProvider({ REDIS_URL: redis.url })
    client = new Redis(redis.url)
  })
  afterAll(async () => {
    client.disconnect()
    await it[Symbol.asyncDispose]()
    await redis.stop()
  })
  const commandsDuring = async (work: () => Promise<void>): Promise<string[]> => roundTripsIn((await monitor(redis.url, work)).lines)

  test('sees and keeps no content of sessions, no token, no id and no e-mail (C5)', async () => {
    await using watch = await openMonitor(redis.url)
    it.provider.accounts.set('mina-sub-4711', { email: canaryEmail, name: 'Canary Okafor' })
    const walker = await it.signIn('mina-sub-4711')
    const headers = walker.headers(it.origin)
    const now = Math.floor(Date.now() / 1000)
    const subject = await it.provider.sign({ sub: 'mobile-sub-4711', aud: audience, iat: now, exp: now + 60, email: canaryEmail })
    const grant = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    }
    const mobile = (await it.bff.call('POST', '/auth/session', { json: { ...grant, subject_token: subject } })).json
    const later = (await it.bff.call('POST', '/auth/refresh', { json: { refresh_token: mobile.refresh_token } })).json
    await it.bff.call('GET', '/v1.1/appusers/me', { headers })
    await it.bff.call('GET', '/auth/sessions', { headers })
    await it.bff.private('POST', '/sessions/roles', { userId: mina.userId, roles: ['user'] })
    await it.bff.signIn({ userId: mina.userId })

    await client.call('SAVE')
    await watch.settled()
    // As it was sent: MONITOR puts quotation marks around each argument.
    const seen = watch.lines.map((line) => line.replace(/\\(.)|"/g, '$1'))
    const dump = readFileSync(join(dirname(redis.url), 'dump.rdb')).toString('latin1')
    expect(seen.length).toBeGreaterThan(10)
    const tokens = [headers['cookie']!.slice('bff-dev='.length), mobile.access_token, mobile.refresh_token, later.refresh_token, subject]
    const jtis = tokens.slice(0, 4).flatMap((token: string) => {
      const { jti, fam } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
      return [jti, ...(fam ? [fam] : [])]
    })
    const words = [
      canaryEmail,
      canaryPepper,
      canarySessionKey,
      'Canary Okafor',
      'mina-sub-4711',
      'mobile-sub-4711',
      mina.userId,
      'signedIn',
      '"roles"',
      'eyJhbGci',
    ]
    const signatures = tokens.map((token: string) => token.split('.')[2]!)
    for (const text of [dump, seen.join('\n')]) expect(canariesIn(text, [...words, ...tokens, ...jtis, ...signatures])).toEqual([])
    // What is sought would be found: the same text with a token in it.
    expect(canariesIn(`${dump}${jtis[0]}`, jtis)).toEqual([jtis[0]])
  })

  test.each([
    ['a changed bit', (token: string) => `${token.slice(0, -3)}${token.at(-3) === 'A' ? 'B' : 'A'}${token.slice(-2)}`],
    ['junk', () => 'x.y.z'],
    ['nothing', () => ''],
    ['15 KB of junk', () => 'x'.repeat(15_000)],
  ])('hears nothing of %s as a token (C4)', async (_what, change) => {
    const bearer = (await it.bff.signIn())['authorization']!.slice('Bearer '.length)
    const cookie = (await it.bff.signIn({ kind: 'cookie' }))['cookie']!.slice('bff-dev='.length)
    const asked = [
      { authorization: `Bearer ${change(bearer)}` },
      { cookie: `bff-dev=${change(cookie)}`, 'x-bff-csrf': '1', 'sec-fetch-site': 'same-origin' },
    ]
    const commands = await commandsDuring(async () => {
      for (const headers of asked) expect((await it.bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(401)
      expect((await it.bff.call('POST', '/auth/refresh', { json: { refresh_token: change(bearer) || 'x' } })).status).toBe(401)
    })
    expect(commands).toEqual([])
  })

  test('hears nothing of a token of one kind in the place of another', async () => {
    const bearer = (await it.bff.signIn())['authorization']!.slice('Bearer '.length)
    const cookie = (await it.bff.signIn({ kind: 'cookie' }))['cookie']!.slice('bff-dev='.length)
    const inCookie = { cookie: `bff-dev=${bearer}`, 'x-bff-csrf': '1', 'sec-fetch-site': 'same-origin' }
    const commands = await commandsDuring(async () => {
      expect((await it.bff.call('GET', '/v1.1/appusers/me', { headers: inCookie })).status).toBe(401)
      expect((await it.bff.call('GET', '/v1.1/appusers/me', { headers: { authorization: `Bearer ${cookie}` } })).status).toBe(401)
      expect((await it.bff.call('POST', '/auth/refresh', { json: { refresh_token: bearer } })).status).toBe(401)
    })
    expect(commands).toEqual([])
  })

  test('1 MB as a token does not get past the header limit', async () => {
    const commands = await commandsDuring(async () => {
      const status = await it.bff.call('GET', '/v1.1/appusers/me', { headers: { authorization: `Bearer ${'x'.repeat(1_000_000)}` } }).then(
        (answer) => answer.status,
        () => 'reset',
      )
      expect([431, 'reset']).toContain(status)
    })
    expect(commands).toEqual([])
  })
})
