/** A logout token that was refused left somebody signed in and nobody told: providers that send it as JWT or without a type were refused for good, and ten of theirs stopped the right ones of everybody at that address. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { clientId, type ProviderSetUp } from '../../support/provider.ts'
import { audience, startWithProvider, type WithProvider } from '../../support/with-provider.ts'

type Claims = Record<string, unknown>
const event = 'http://schemas.openid.net/event/backchannel-logout'
const now = () => Math.floor(Date.now() / 1000)
const claims = (more: Claims = {}): Claims => ({
  aud: clientId,
  iat: now(),
  exp: now() + 120,
  jti: randomUUID(),
  events: { [event]: {} },
  ...more,
})

const tell = async ({ bff }: WithProvider, logout_token: string) =>
  (await bff.call('POST', '/auth/backchannel-logout', { body: new URLSearchParams({ logout_token }) })).status
const alarms = ({ bff }: WithProvider) => bff.lines.filter(({ alarm }) => alarm === 'logout_token_refused')
const causes = (it: WithProvider) => alarms(it).map(({ cause }) => (cause as { message: string }).message)
const forge = (token: string) => `${token.slice(0, -6)}AAAAAA`

describe('a logout token', () => {
  let it: WithProvider
  beforeAll(async () => {
    it = await startWithProvider()
  })
  beforeEach(() => {
    it.bff.lines.length = 0
  })
  afterAll(async () => await it[Symbol.asyncDispose]())
  const counted = async () =>
    Number(/^smooch_bff_alarms_total{code="logout_token_refused"} (\d+)/m.exec((await it.bff.private('GET', '/metrics')).text)?.[1] ?? 0)

  test.each<[string, (it: WithProvider) => Promise<string>, RegExp]>([
    [
      'of the type JWT',
      ({ provider }) => provider.sign(claims({ sub: 'x' }), { typ: 'JWT' }),
      /token has the type jwt; it must have logout\+jwt.*OIDC_LOGOUT_TOKEN_TYPE/,
    ],
    ['without a type', ({ provider }) => provider.sign(claims({ sub: 'x' })), /token has no type/],
    ['that is old', ({ provider }) => provider.sign(claims({ sub: 'x', iat: now() - 200 }), { typ: 'logout+jwt' }), /"iat"/],
    [
      'for another client',
      ({ provider }) => provider.sign(claims({ sub: 'x', aud: 'shop' }), { typ: 'logout+jwt' }),
      /audience shop, not for bff-web/,
    ],
    ['that names nobody', ({ provider }) => provider.sign(claims(), { typ: 'logout+jwt' }), /neither sub nor sid/],
    [
      'of another event',
      ({ provider }) => provider.sign(claims({ sub: 'x', events: {} }), { typ: 'logout+jwt' }),
      /no back-channel logout/,
    ],
    ['without jti', ({ provider }) => provider.sign(claims({ sub: 'x', jti: undefined }), { typ: 'logout+jwt' }), /"jti"/],
    ['that nobody signed', async ({ provider }) => forge(await provider.sign(claims({ sub: 'x' }), { typ: 'logout+jwt' })), /signature/],
  ])('%s is refused, and operators hear why', async (_what, make, cause) => {
    const before = await counted()
    expect(await tell(it, await make(it))).toBe(400)
    expect(alarms(it)).toEqual([expect.objectContaining({ level: 'error', provider: 'default', cause: expect.anything() })])
    expect(causes(it)[0]).toMatch(cause)
    expect((await counted()) - before).toBe(1)
  })
})

test('nobody is alarmed by a stranger, by what was done before, or over and over by what anybody can make', async () => {
  await using it = await startWithProvider()
  const right = await it.provider.sign(claims({ sub: 'x' }), { typ: 'logout+jwt' })
  expect([await tell(it, right), await tell(it, right)]).toEqual([200, 400])
  expect(await tell(it, await it.provider.sign(claims({ sub: 'x', iss: 'https://elsewhere.example' }), { typ: 'logout+jwt' }))).toBe(400)
  expect(await tell(it, 'x.y.z')).toBe(400)
  expect(alarms(it)).toEqual([])
  for (let turn = 0; turn < 5; turn += 1) await tell(it, forge(right))
  expect(alarms(it)).toHaveLength(1)
  for (let turn = 0; turn < 2; turn += 1) await tell(it, await it.provider.sign(claims({ sub: 'x' })))
  expect(alarms(it)).toHaveLength(3)
})

test.each<ProviderSetUp['logoutType']>(['JWT', 'none', 'logout+jwt'])(
  'a provider whose logout tokens have the type %s signs people out where that is allowed',
  async (logoutType) => {
    await using it = await startWithProvider({ OIDC_LOGOUT_TOKEN_TYPE: 'optional' }, { logoutType: logoutType! })
    const walker = await it.signIn('leaver')
    const headers = walker.headers(it.origin)
    await walker.signOutThere(it.provider.issuer)
    expect(await it.who(headers)).toEqual({ signedIn: false })
    expect(alarms(it)).toEqual([])
  },
)

test('where it is allowed, other types and ID tokens still end nothing', async () => {
  await using it = await startWithProvider({ OIDC_LOGOUT_TOKEN_TYPE: 'optional' })
  const headers = (await it.signIn('stays')).headers(it.origin)
  const sub = 'stays'
  for (const typ of ['at+jwt', 'id_token', 'application/at+jwt', ''])
    expect(await tell(it, await it.provider.sign(claims({ sub }), { typ }))).toBe(400)
  for (const more of [{ events: undefined }, { nonce: 'n' }])
    expect(await tell(it, await it.provider.sign(claims({ sub, ...more }), { typ: 'JWT' }))).toBe(400)
  expect(await it.who(headers)).toMatchObject({ signedIn: true })
  expect(await tell(it, await it.provider.sign(claims({ sub }), { typ: 'application/LOGOUT+JWT' }))).toBe(200)
  expect(await it.who(headers)).toEqual({ signedIn: false })
})

/** With failures counted, apart from those of other tests. */
const strict = () => ({ LIMIT_FAILURES: '3', SESSION_PEPPERS: `p1:${randomUUID()}` })

test('what the provider signed is no guess: however often it is refused, right tokens of the same address are taken', async () => {
  await using it = await startWithProvider(strict())
  for (let turn = 0; turn < 6; turn += 1) expect(await tell(it, await it.provider.sign(claims({ sub: 'x' })))).toBe(400)
  expect(await tell(it, await it.provider.sign(claims({ sub: 'x' }), { typ: 'logout+jwt' }))).toBe(200)
})

const exchange = async ({ bff }: WithProvider, subject_token: string) => {
  const grant_type = 'urn:ietf:params:oauth:grant-type:token-exchange'
  const subject_token_type = 'urn:ietf:params:oauth:token-type:id_token'
  const { status } = await bff.call('POST', '/auth/session', { json: { grant_type, subject_token_type, subject_token } })
  const cause = bff.lines.findLast(({ msg }) => msg === 'request')!['cause'] as { message: string } | undefined
  return [status, cause?.message]
}

test('an issuer that is not set up, a wrong audience and a bad token are three answers in the log, and only the bad one is a guess', async () => {
  await using it = await startWithProvider(strict())
  const sign = (more: Claims = {}) => it.provider.sign({ sub: 'x', aud: audience, iat: now(), exp: now() + 60, jti: randomUUID(), ...more })
  for (let turn = 0; turn < 4; turn += 1) {
    expect(await exchange(it, await sign({ iss: 'https://elsewhere.example' }))).toEqual([
      401,
      'no provider is configured with the issuer https://elsewhere.example',
    ])
    expect(await exchange(it, await sign({ aud: 'another' }))).toEqual([401, 'the token is for the audience another, not for api://bff'])
    expect(await exchange(it, await sign({ iat: now() - 3_600 }))).toEqual([401, expect.stringContaining('"iat"')])
  }
  expect(await exchange(it, forge(await sign()))).toEqual([401, expect.stringContaining('signature')])
  expect((await exchange(it, await sign()))[0]).toBe(200)
  for (let turn = 0; turn < 2; turn += 1) await exchange(it, forge(await sign()))
  expect((await exchange(it, await sign()))[0]).toBe(429)
})

test('an issuer without an audience says so', async () => {
  await using it = await startWithProvider({ TRUSTED_ISSUERS: '' })
  const token = await it.provider.sign({ sub: 'x', aud: audience, iat: now(), exp: now() + 60 })
  expect(await exchange(it, token)).toEqual([401, expect.stringContaining('not set up for exchange')])
})
