/** J1: the limit counts a person's calls over all replicas, refused ones too. */

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type Answer, appId, type Bff, type Carried, startBff } from '../support/bff.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const onRedis = redisUrl ? describe : describe.skip

const limits = { LIMIT_READS: '120', LIMIT_WRITES: '30', LIMIT_GUARDED: '10', LIMIT_IMAGES: '10', LIMIT_CODES: '5', LIMIT_SERVICE: '40' }

onRedis('limits over two replicas', () => {
  let one: Bff
  let two: Bff
  let userId: string
  beforeAll(async () => {
    one = await startBff({ env: { REDIS_URL: redisUrl ?? '', ...limits } })
    two = await startBff({ env: { REDIS_URL: redisUrl ?? '', ...limits, SMOOCH_BASE_URL: one.sandbox.url } })
  })
  afterAll(async () => {
    await two[Symbol.asyncDispose]()
    await one[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    userId = `limited-${randomUUID()}`
    one.sandbox.createUser(appId, { userId })
  })

  /** Calls over both replicas, one after the other. */
  const inTurn = async (count: number, headers: Carried, path: (turn: number) => string, method = 'GET'): Promise<Answer[]> => {
    const answers: Answer[] = []
    for (let turn = 0; turn < count; turn++) answers.push(await (turn % 2 ? two : one).call(method, path(turn), { headers }))
    return answers
  }
  const countOf = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status).length

  const expectLimited = (answer: Answer, name: string, max: number) => {
    expect([answer.status, answer.json.error.code]).toEqual([429, 'too_many_requests'])
    const wait = Number(answer.headers.get('retry-after'))
    expect([Number.isInteger(wait), wait > 0, wait <= 60]).toEqual([true, true, true])
    expect(answer.headers.get('ratelimit-policy')).toBe(`"${name}";q=${max};w=60`)
    expect(answer.headers.get('ratelimit')).toBe(`"${name}";r=0;t=${wait}`)
  }

  test('121 reads in a minute over two replicas: exactly one 429', async () => {
    const headers = await one.signIn({ userId })
    const answers = await inTurn(121, headers, () => '/v1.1/appusers/me')
    expect([countOf(answers, 200), countOf(answers, 429)]).toEqual([120, 1])
    expectLimited(answers.at(-1)!, 'reads', 120)
    expect(answers[0]!.headers.get('ratelimit')).toMatch(/^"reads";r=119;t=\d+$/)
  })

  test('all at once, they are counted as well', async () => {
    const headers = await one.signIn({ userId })
    const answers = await Promise.all(
      Array.from({ length: 130 }, (_, turn) => (turn % 2 ? two : one).call('GET', '/v1.1/appusers/me', { headers })),
    )
    expect([countOf(answers, 200), countOf(answers, 429)]).toEqual([120, 10])
  })

  test('what policy or a check refuses counts, and is not sent', async () => {
    const headers = await one.signIn({ userId })
    one.sent()
    const paths = [
      '/v1.1/appusers/somebody-else',
      '/v1.1/appusers/me?x=1',
      '/v1.1/appusers/me/businesssystems',
      `/v1.1/apps/another/appusers/me`,
    ]
    const answers = await inTurn(120, headers, (turn) => paths[(turn >> 1) % paths.length]!)
    expect([403, 404, 400].map((status) => countOf(answers, status))).toEqual([60, 30, 30])
    expectLimited(await one.call('GET', '/v1.1/appusers/me', { headers }), 'reads', 120)
    expect(one.sent()).toBe(0)
  })

  test('a second session of the person shares the limit, another class and another person do not', async () => {
    const [first, second] = [await one.signIn({ userId }), await two.signIn({ userId })]
    const answers = await inTurn(5, first, () => '/v1.1/appusers/me/authcode')
    expect(countOf(answers, 200)).toBe(5)
    expectLimited(await two.call('GET', '/v1.1/appusers/me/authcode', { headers: second }), 'codes', 5)
    expect((await two.call('GET', '/v1.1/appusers/me', { headers: second })).status).toBe(200)
    const other = await two.signIn({ userId: `${userId}-other` })
    expect((await two.call('GET', '/v1.1/appusers/me/authcode', { headers: other })).status).toBe(200)
  })

  test('a program has one limit for everything, of its own when minted so', async () => {
    const program = (id: string, more = {}) => one.signIn({ kind: 'service', roles: ['agent', 'service'], actor: { id }, ...more })
    const usual = await inTurn(41, await program(`usual-${userId}`), (turn) => `/v1.1/appusers/${userId}${turn % 3 ? '' : '/authcode'}`)
    expect([countOf(usual, 200), countOf(usual, 429)]).toEqual([40, 1])
    const own = await inTurn(4, await program(`own-${userId}`, { limit: 3 }), () => `/v1.1/appusers/${userId}`)
    expectLimited(own.at(-1)!, 'service', 3)
    expect(countOf(own, 200)).toBe(3)
  })
})
