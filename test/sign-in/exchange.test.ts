import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { SignJWT } from 'jose'
import { audience, startWithProvider, type WithProvider } from '../support/with-provider.ts'

type Claims = Record<string, unknown>
const idToken = 'urn:ietf:params:oauth:token-type:id_token'
const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token_type: idToken }

describe('signing in without a browser', () => {
  let it: WithProvider
  /** Used at the beginning, so that the grace passes during the other tests. */
  let reuse: Awaited<ReturnType<typeof useTwice>>
  beforeAll(async () => {
    it = await startWithProvider()
    reuse = await useTwice()
  })
  afterAll(async () => {
    await it[Symbol.asyncDispose]()
  })
  const now = () => Math.floor(Date.now() / 1000)
  const claims = (more: Claims = {}): Claims => ({
    sub: 'mobile-1',
    aud: audience,
    iat: now(),
    exp: now() + 300,
    jti: randomUUID(),
    ...more,
  })
  const exchange = (subject_token: string, more = {}) =>
    it.bff.call('POST', '/auth/session', { json: { ...grant, subject_token, ...more } })
  const begin = async (sub: string) => (await exchange(await it.provider.sign(claims({ sub })))).json
  const refresh = (refresh_token: string) => it.bff.call('POST', '/auth/refresh', { json: { refresh_token } })
  const useTwice = async () => {
    const first = await begin('reuse')
    const usedAt = performance.now()
    const second = (await refresh(first.refresh_token)).json
    return { first, second, usedAt, again: (await refresh(first.refresh_token)).json }
  }
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const me = async (token: string) => (await it.bff.call('GET', '/v1.1/appusers/me', { headers: bearer(token) })).status

  test('a token of the trusted issuer gives a short bearer and a refresh token', async () => {
    const answer = await exchange(await it.provider.sign(claims({ name: 'Mo Bile' })))
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({ token_type: 'Bearer', issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' })
    expect(answer.json.expires_in).toBeGreaterThan(890)
    expect(answer.json.expires_in).toBeLessThanOrEqual(900)
    expect(answer.json.refresh_expires_in).toBeGreaterThan(29.9 * 86_400)
    expect(await it.who(bearer(answer.json.access_token))).toMatchObject({ userId: 'mobile-1', kind: 'bearer', actor: { name: 'Mo Bile' } })
    expect(await me(answer.json.access_token)).toBe(200)
    expect(await me(answer.json.refresh_token)).toBe(401)
  })

  test('the exchange takes a form as well', async () => {
    const body = new URLSearchParams({ ...grant, subject_token: await it.provider.sign(claims()) })
    expect((await it.bff.call('POST', '/auth/session', { body })).status).toBe(200)
  })

  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const forged = (header: { alg: string; kid?: string }, key = stranger as never) =>
    new SignJWT(claims({ iss: it.provider.issuer })).setProtectedHeader(header).sign(key)
  const none = () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    return `${part({ alg: 'none' })}.${part(claims({ iss: it.provider.issuer }))}.`
  }
  test.each([
    ['junk', async () => 'x'],
    ['1 MB of junk in 16 KB', async () => 'x'.repeat(16_000)],
    ['no algorithm', async () => none()],
    ['another key', () => forged({ alg: 'RS256', kid: 'key-1' })],
    ['a shared secret', () => forged({ alg: 'HS256' }, new TextEncoder().encode('k'.repeat(40)) as never)],
    ['another issuer', () => it.provider.sign(claims({ iss: 'https://evil.example' }))],
    ['another audience', () => it.provider.sign(claims({ aud: 'bff-other' }))],
    ['the audience of the browser client', () => it.provider.sign(claims({ aud: 'bff-web' }))],
    ['no subject', () => it.provider.sign({ ...claims(), sub: undefined })],
    ['no end', () => it.provider.sign({ ...claims(), exp: undefined })],
    ['an end in the past', () => it.provider.sign(claims({ exp: now() - 60 }))],
    ['a beginning long ago', () => it.provider.sign(claims({ iat: now() - 3_600 }))],
    ['a beginning in the future', () => it.provider.sign(claims({ iat: now() + 120 }))],
    ['the type of a logout token', () => it.provider.sign(claims(), { typ: 'logout+jwt' })],
    ['events', () => it.provider.sign(claims({ events: {} }))],
  ])('a token with %s gives nothing', async (_what, make) => {
    const answer = await exchange(await make())
    expect([answer.status, answer.json.error.code]).toEqual([401, 'invalid_grant'])
  })

  test('follows the issuer to new keys, and asks for them no more often than the cool-down says', async () => {
    await exchange(await it.provider.sign(claims()))
    const before = it.provider.keyFetches()
    const unknown = await Promise.all(Array.from({ length: 30 }, (_, i) => it.provider.sign(claims(), { kid: `unknown-${i}` })))
    for (const token of unknown) expect((await exchange(token)).status).toBe(401)
    expect(it.provider.keyFetches() - before).toBeLessThanOrEqual(1)
  })

  describe('refreshing', () => {
    test('fifty at once get one successor, and nobody is signed out', async () => {
      const first = await begin('fifty')
      const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(first.refresh_token)))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      expect(new Set(answers.map(({ json }) => json.refresh_token)).size).toBe(1)
      expect(new Set(answers.map(({ json }) => json.access_token)).size).toBe(1)
      const { access_token, refresh_token } = answers[0]!.json
      expect([await me(access_token), await me(first.access_token)]).toEqual([200, 200])
      expect((await refresh(refresh_token)).status).toBe(200)
    })

    test.each([
      ['junk', () => 'x'],
      ['an access token', (made: { access_token: string }) => made.access_token],
      ['a changed token', (made: { refresh_token: string }) => `${made.refresh_token.slice(0, -6)}AAAAAA`],
    ])('%s refreshes nothing', async (_what, choose) => {
      const made = await begin('other')
      expect((await refresh(choose(made))).status).toBe(401)
      expect(await me(made.access_token)).toBe(200)
    })

    test('signing out ends the access token and the refresh token', async () => {
      const made = await begin('leaver')
      expect((await it.bff.call('DELETE', '/auth/session', { headers: bearer(made.access_token) })).status).toBe(204)
      expect([await me(made.access_token), (await refresh(made.refresh_token)).status]).toEqual([401, 401])
    })

    test('the session is listed once, however often it was refreshed, and can be ended from the list', async () => {
      const made = await begin('listed')
      const later = (await refresh(made.refresh_token)).json
      const headers = bearer(later.access_token)
      const { sessions } = (await it.bff.call('GET', '/auth/sessions', { headers })).json
      expect(sessions).toEqual([expect.objectContaining({ sessionId: made.sessionId, kind: 'bearer', current: true })])
      expect((await it.bff.call('DELETE', `/auth/sessions/${made.sessionId}`, { headers })).status).toBe(204)
      expect([await me(later.access_token), (await refresh(later.refresh_token)).status]).toEqual([401, 401])
    })

    test('a page with a cookie gets a new token in place of its own', async () => {
      const headers = (await it.signIn('page')).headers(it.origin)
      const answer = await it.bff.call('POST', '/auth/refresh', { headers })
      expect(answer.status).toBe(200)
      const cookie = answer.headers.get('set-cookie')!.split(';')[0]!
      expect(await it.who({ ...headers, cookie })).toMatchObject({ signedIn: true, sessionId: answer.json.sessionId })
      expect(await it.who(headers)).toEqual({ signedIn: false })
    })

    test('a used token within the grace gives the same again; later it ends the session, which is recorded', async () => {
      const { first, second, again, usedAt } = reuse
      expect(again.refresh_token).toBe(second.refresh_token)
      await new Promise((resolve) => setTimeout(resolve, usedAt + 20_200 - performance.now()))
      const answer = await refresh(first.refresh_token)
      expect([answer.status, answer.json.error.code]).toEqual([401, 'invalid_grant'])
      expect((await refresh(second.refresh_token)).status).toBe(401)
      expect(await me(second.access_token)).toBe(401)
      expect(it.bff.lines.find(({ alarm }) => alarm === 'refresh_token_reused')).toMatchObject({ session: first.sessionId })
    })
  })
})
