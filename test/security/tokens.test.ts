/** C4: a token that differs in one bit from a valid one, or is huge, empty or somebody else's, is refused before Redis is asked anything. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bff, type Carried, startBff } from '../support/bff.ts'
import { type Monitor, openMonitor, roundTripsIn } from '../support/monitor.ts'
import type { RawAnswer } from '../support/raw.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { ask, json, long, refusal } from './requests.ts'

// A Redis of its own: the commands of other tests must not be counted.
const onRedis = process.env['TEST_REDIS_URL'] ? describe : describe.skip

onRedis('tokens that are nearly right', () => {
  let redis: TestRedis
  let watch: Monitor
  let bff: Bff
  let bearer: Carried
  let cookie: Carried
  beforeAll(async () => {
    redis = await startRedis()
    bff = await startBff({ env: { REDIS_URL: redis.url } })
    bearer = await bff.signIn()
    cookie = await bff.signIn({ kind: 'cookie' })
    watch = await openMonitor(redis.url)
    bff.sent()
  })
  afterAll(async () => {
    await watch[Symbol.asyncDispose]()
    await bff[Symbol.asyncDispose]()
    await redis.stop()
  })

  const path = `${long}/appusers/me`

  /** Commands that a call costs. */
  const commandsOf = async (run: () => Promise<unknown>): Promise<number> => {
    const before = watch.lines.length
    await run()
    await watch.settled()
    return roundTripsIn(watch.lines.slice(before)).length
  }

  const flips = (text: string): string[] =>
    Array.from({ length: text.length * 8 }, (_, bit) => {
      const bytes = Buffer.from(text, 'latin1')
      const at = bit >> 3
      bytes[at] = bytes[at]! ^ (1 << (bit & 7))
      return bytes.toString('latin1')
    })

  /** What a header may hold. A bit flipped into anything else never gets past the parser. */
  const fitsHeader = (text: string) => [...text].every((character) => character === '\t' || (character >= ' ' && character !== '\x7f'))

  const inBatches = async (texts: string[], send: (text: string) => Promise<RawAnswer>): Promise<[string, number][]> => {
    const statuses: [string, number][] = []
    for (let at = 0; at < texts.length; at += 20) {
      const answers = await Promise.all(texts.slice(at, at + 20).map(async (text) => [text, (await send(text)).status] as [string, number]))
      statuses.push(...answers)
    }
    return statuses
  }

  test('the monitor sees what a good token costs', async () => {
    expect(await commandsOf(() => ask(bff, { path, headers: bearer }))).toBeGreaterThan(0)
    bff.sent()
  })

  test.each([
    ['bearer', () => [bearer, 'authorization', 'Bearer '] as const],
    ['cookie', () => [cookie, 'cookie', 'bff-dev='] as const],
  ])('each bit of a %s token flipped is 401, without one Redis command', async (_kind, carriedBy) => {
    const [carried, name, prefix] = carriedBy()
    const flipped = flips(carried[name]!.slice(prefix.length))
    const cost = await commandsOf(async () => {
      const answers = await inBatches(flipped, (text) => ask(bff, { path, headers: { ...carried, [name]: `${prefix}${text}` } }))
      expect(answers.filter(([text, status]) => status !== (fitsHeader(text) ? 401 : 400))).toEqual([])
    })
    expect([cost, bff.sent()]).toEqual([0, 0])
  })

  test('empty, long, doubled, cut and foreign tokens are 401, and what is longer than a header may be is 431', async () => {
    const token = bearer['authorization']!.slice('Bearer '.length)
    const [head = '', claims = '', mac = ''] = token.split('.')
    const none = Buffer.from('{"alg":"none","typ":"JWT","kid":"k1"}').toString('base64url')
    const tokens = [
      '',
      '.',
      '..',
      '...',
      'a'.repeat(15_000),
      `${token}.${mac}`,
      `${token}.`,
      `${token} ${token}`,
      `${token},${token}`,
      ` ${token}x`,
      `${head}.${claims}.`,
      `${head}.${claims}`,
      `${none}.${claims}.`,
      `${none}.${claims}.${mac}`,
      `${head}.${claims}.${mac}=`,
      `"${token}"`,
      `${head}.${Buffer.from('null').toString('base64url')}.${mac}`,
      encodeURIComponent(`${token};`),
    ]
    const cost = await commandsOf(async () => {
      for (const text of tokens) {
        expect([text, refusal(await ask(bff, { path, headers: { authorization: `Bearer ${text}` } }))]).toEqual([
          text,
          [401, 'unauthorized'],
        ])
      }
      const huge = await ask(bff, { path, headers: { authorization: `Bearer ${'a'.repeat(1_000_000)}` } })
      expect(refusal(huge)).toEqual([431, 'headers_too_large'])
    })
    expect([cost, bff.sent()]).toEqual([0, 0])
  })

  test('a call that fails CSRF, admission or the choice of credential costs no Redis command either', async () => {
    const { 'x-bff-csrf': _mark, ...unmarked } = cookie
    const cost = await commandsOf(async () => {
      expect((await ask(bff, { path, headers: unmarked })).status).toBe(403)
      expect((await ask(bff, { path, headers: { ...cookie, ...bearer } })).status).toBe(400)
      expect((await ask(bff, { path: `${long}/appusers/%2e%2e`, headers: bearer })).status).toBe(400)
      expect((await ask(bff, { method: 'PATCH', path, headers: bearer })).status).toBe(405)
      expect((await ask(bff, { method: 'PUT', path, headers: { ...json, 'X-BFF-CSRF': '1' }, body: '{}' })).status).toBe(401)
    })
    expect([cost, bff.sent()]).toEqual([0, 0])
  })
})
