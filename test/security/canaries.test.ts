/** Unmistakable values are sent through everything, then looked for in every answer, log line, metric and Redis value where they do not belong. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { appId, type Bff, type Carried, imageForm, keyId, mina, startBff } from '../support/bff.ts'
import { canariesIn, canaryEmail, canaryKey, canaryServiceKey, secrets } from '../support/canaries.ts'
import { type Monitor, openMonitor } from '../support/monitor.ts'
import { tokenOf } from './requests.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const onRedis = redisUrl ? test : test.skip

let bff: Bff
let redis: Redis | undefined
let monitor: Monitor | undefined
/** Every answer on the public listener, with what was asked. */
const told: { asked: string; text: string }[] = []
/** What only its holder may see: session tokens, auth codes, link codes. */
const tokens: string[] = []
const codes: { asked: string; code: string }[] = []

const call = async (who: Carried, method: string, path: string, rest: { json?: unknown; body?: BodyInit } = {}) => {
  const answer = await bff.call(method, path, { headers: who, ...rest })
  told.push({ asked: `${method} ${path}`, text: `${answer.text}\n${[...answer.headers].join('\n')}` })
  return answer
}
const signIn = async (mint: Parameters<Bff['signIn']>[0] = {}) => {
  const carried = await bff.signIn(mint)
  tokens.push(tokenOf(carried))
  return carried
}

const everything = async () => {
  const bob = await signIn({ userId: 'bob', kind: 'cookie' })
  const mine = await signIn()
  const admin = await signIn({ roles: ['admin', 'agent'], actor: { id: canaryEmail, name: `Ada ${canaryEmail}` }, onBehalfOf: canaryEmail })
  const program = await signIn({ kind: 'service', roles: ['service', 'agent', 'admin'], actor: { id: 'canary-program' } })
  const integration = bff.sandbox.integration(appId, 'messenger')
  for (const who of [bob, mine, admin, program]) {
    await call(who, 'GET', '/auth/session')
    for (const id of ['me', mina.userId, 'nobody', canaryEmail]) {
      for (const rest of ['', '/channels', '/businesssystems']) await call(who, 'GET', `/v1.1/appusers/${id}${rest}`)
      for (const path of ['authcode', `linkrequest?integrationIds=${integration}`]) {
        const asked = `/v1.1/appusers/${id}/${path}`
        const { status, json } = await call(who, 'GET', asked)
        if (status === 200) codes.push({ asked: `GET ${asked}`, code: json.authCode ?? json.linkRequests[0].code })
      }
      await call(who, 'PUT', `/v1.1/appusers/${id}`, { json: { givenName: canaryEmail, unknown: canaryKey } })
      await call(who, 'PUT', `/v1.1/appusers/${id}`, { json: { [canaryEmail]: 1 } })
    }
    await call(who, 'POST', '/v1.1/appusers/me/images', { body: imageForm('appUser') })
    await call(who, 'GET', `/v1.1/appusers/me?email=${encodeURIComponent(canaryEmail)}`)
    await call(who, 'GET', `/v1.1/appusers/me/authcode?token=${tokens[0]}`)
  }
  // The vendor repeats our key, a foreign address and a code in its errors.
  const words = `key ${canaryKey} ${keyId} of ${canaryEmail}, code ${codes[0]!.code}, ${bff.sandbox.requests.at(-1)!.headers.authorization}`
  for (const status of [400, 401, 404, 409, 500, 503]) {
    bff.sandbox.clearFaults()
    bff.sandbox.fault({ status, body: { error: { code: 'bad_request', description: words } } })
    for (const who of [bob, admin, program])
      await call(who, 'PUT', `/v1.1/appusers/${who === bob ? 'me' : mina.userId}`, { json: { givenName: 'x' } })
  }
  bff.sandbox.clearFaults()
  await call(bob, 'DELETE', '/auth/session')
  await call(bob, 'GET', '/v1.1/appusers/me')
  await call(program, 'DELETE', `/v1.1/appusers/${mina.userId}`)
  await call(mine, 'GET', '/v1.1/appusers/me')
  await call({ authorization: `Bearer ${tokens[0]}x` }, 'GET', '/v1.1/appusers/me')
  await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'x' }, { authorization: `Bearer ${tokens[1]}` })
  await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'x', appId: canaryEmail })
}

beforeAll(async () => {
  bff = await startBff({ env: { ...(redisUrl && { REDIS_URL: redisUrl }) } })
  if (redisUrl) {
    redis = new Redis(redisUrl)
    monitor = await openMonitor(redisUrl)
  }
  await everything()
})
afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]()
  redis?.disconnect()
  await bff[Symbol.asyncDispose]()
})

/** The parts of a token by which it could be used or followed. */
const partsOf = (token: string) => [
  token,
  token.split('.')[2]!,
  (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { jti: string }).jti,
]
const hidden = () => [...secrets, ...tokens.flatMap(partsOf), ...codes.map(({ code }) => code)]

test('there were sessions, codes and errors to be looked for', () => {
  expect([tokens.length, codes.length >= 4, told.length > 100]).toEqual([4, true, true])
})

test('in no answer: secrets, tokens, and codes but in the answer that gives them', () => {
  for (const { asked, text } of told)
    expect([asked, canariesIn(text, [...secrets, keyId, ...tokens.flatMap(partsOf)])]).toEqual([asked, []])
  for (const { asked, code } of codes) expect(told.filter(({ text, asked: other }) => text.includes(code) && other !== asked)).toEqual([])
})

test("in no answer to another end user: a person's address", async () => {
  const before = told.length
  const eve = await bff.signIn({ userId: 'eve' })
  const { _id } = bff.sandbox.createUser(appId, { userId: 'victim', email: canaryEmail })
  for (const id of ['me', 'victim', _id, canaryEmail])
    for (const path of ['', '/channels', '/businesssystems', '/authcode']) await call(eve, 'GET', `/v1.1/appusers/${id}${path}`)
  expect(told.slice(before).filter(({ text }) => text.includes(canaryEmail))).toEqual([])
})

test('in no log line', () => {
  const lines = bff.lines.map((line) => JSON.stringify(line))
  expect(lines.length).toBeGreaterThan(told.length)
  expect(lines.filter((line) => canariesIn(line, [...hidden(), canaryEmail, mina.userId]).length > 0)).toEqual([])
})

test('in no metric', async () => {
  const { text } = await bff.private('GET', '/metrics')
  expect([text.includes('bff_requests_total'), canariesIn(text, [...hidden(), canaryEmail, mina.userId])]).toEqual([true, []])
})

const valuesOf = async (client: Redis, key: string): Promise<string> => {
  const type = await client.type(key)
  if (type === 'string') return (await client.get(key)) ?? ''
  if (type === 'hash') return JSON.stringify(await client.hgetall(key))
  return `${type} ${(await client.dumpBuffer(key))?.toString('latin1')}`
}

onRedis('in no Redis key, value or command', async () => {
  const heard = monitor!.lines
  const kept: string[] = []
  for await (const keys of redis!.scanStream({ count: 1_000 }) as AsyncIterable<string[]>) {
    for (const key of keys) kept.push(`${key} ${await valuesOf(redis!, key)}`)
  }
  expect([kept.length >= 4, heard.length >= told.length]).toEqual([true, true])
  const searched = [...hidden(), canaryEmail, mina.userId, canaryServiceKey, 'canary-program']
  for (const text of [...kept, ...heard]) {
    const unsealed = text.replace(/[\w+/]{40,}={0,2}/g, (base64) => `${base64} ${Buffer.from(base64, 'base64').toString('latin1')}`)
    expect([text.slice(0, 200), canariesIn(unsealed, searched)]).toEqual([text.slice(0, 200), []])
  }
})
