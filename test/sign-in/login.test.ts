import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK } from 'jose'
import { mina, startBff } from '../support/bff.ts'
import { startProvider } from '../support/provider.ts'
import { createWalker } from '../support/walk.ts'
import { providerEnv, startWithProvider, type WithProvider } from '../support/with-provider.ts'

describe('signing in with a browser', () => {
  let it: WithProvider
  let origin: string
  beforeAll(async () => {
    it = await startWithProvider()
    origin = it.origin
  })
  afterAll(async () => {
    await it[Symbol.asyncDispose]()
  })
  const login = (query = '') => `${origin}/bff/auth/login${query}`
  const callback = (query: string) => `${origin}/bff/auth/callback?${query}`
  const transactions = (walker: ReturnType<typeof createWalker>) =>
    [...(walker.cookies.get('localhost')?.keys() ?? [])].filter((name) => name.startsWith('bff-dev-tx-'))
  /** As far as the address at which the provider sends the browser back. */
  const almost = async (walker: ReturnType<typeof createWalker>, who: string, query = ''): Promise<string> => {
    let back = ''
    const { visit } = walker
    const stopped = {
      ...walker,
      visit: async (url: string, options?: RequestInit) => {
        if (!url.startsWith(callback(''))) return await visit(url, options)
        back = url
        return { url, status: 200, text: '', headers: new Headers() }
      },
    }
    let at = await stopped.visit(login(query))
    while (!back) {
      const location = at.headers.get('location')
      const action = /action="([^"]+)"/.exec(at.text)?.[1]
      if (location) at = await stopped.visit(new URL(location, at.url).href)
      else {
        const body = new URLSearchParams({ prompt: 'login', login: who, password: 'x' })
        at = await stopped.visit(new URL(action!, at.url).href, { method: 'POST', body })
      }
    }
    return back
  }

  test('ends on a page of ours that goes on to where the person was', async () => {
    const walker = createWalker()
    const { to, last } = await walker.signIn(login('?returnTo=/chat%3Fa%3D1%26b%3D2'), mina.userId)
    expect([last.status, to]).toEqual([200, '/chat?a=1&b=2'])
    expect(last.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(last.text).not.toContain('<script')
    const headers = walker.headers(origin)
    expect(await it.who(headers)).toMatchObject({ signedIn: true, userId: mina.userId, roles: ['user'], kind: 'cookie' })
    expect((await it.bff.call('GET', '/v1.1/appusers/me', { headers })).json.appUser.givenName).toBe('Mina')
    expect([...walker.cookies.get('localhost')!.keys()]).toEqual(['bff-dev'])
  })

  test.each(['/?back', '/%3Fback', '/a?b?c=%26#d'])('goes on to %s as it was given', async (returnTo) => {
    const walker = createWalker()
    const { to } = await walker.signIn(login(`?returnTo=${encodeURIComponent(returnTo)}`), mina.userId)
    expect(to).toBe(returnTo)
  })

  test('gives the roles that the claims say', async () => {
    const walker = await it.signIn('ada')
    expect(await it.who(walker.headers(origin))).toMatchObject({ roles: ['user', 'admin'], actor: { id: 'ada', name: 'Ada Admin' } })
  })

  test('asks the provider with PKCE S256, state and nonce, and keeps the transaction in a cookie of its own', async () => {
    const walker = createWalker()
    const { headers } = await walker.visit(login())
    const { searchParams } = new URL(headers.get('location')!)
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      scope: 'openid profile',
    })
    for (const name of ['state', 'code_challenge']) expect(searchParams.get(name)).toMatch(/^[\w-]{43}$/)
    expect(searchParams.get('nonce')).toMatch(/^[\w-]{43}\.[\w-]{22}$/)
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(/^bff-dev-tx-[\w-]{12}=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/),
    ])
  })

  test('can be finished once, by the browser that began it, within one transaction', async () => {
    const walker = createWalker()
    const back = await almost(walker, mina.userId)
    const stranger = await createWalker().visit(back)
    expect([stranger.status, stranger.text]).toEqual([400, expect.stringContaining('sign_in_expired')])
    const kept = new Map(walker.cookies.get('localhost'))
    expect((await walker.visit(back)).status).toBe(200)
    walker.cookies.set('localhost', kept)
    const again = await walker.visit(back)
    expect([again.status, again.headers.get('set-cookie')]).toEqual([400, null])
  })

  test.each([
    ['another issuer', (back: URL) => back.searchParams.set('iss', 'https://evil.example'), 401],
    ['no issuer', (back: URL) => back.searchParams.delete('iss'), 401],
    ['another code', (back: URL) => back.searchParams.set('code', 'x'.repeat(43)), 401],
    ['no code', (back: URL) => back.searchParams.delete('code'), 401],
    ['another state', (back: URL) => back.searchParams.set('state', 'x'.repeat(43)), 400],
    ['two states', (back: URL) => back.searchParams.append('state', 'x'), 400],
    ['no state', (back: URL) => back.searchParams.delete('state'), 400],
    ['an error', (back: URL) => back.searchParams.set('error', 'access_denied'), 401],
  ])('signs nobody in when the provider comes back with %s', async (_what, change, status) => {
    const walker = createWalker()
    const back = new URL(await almost(walker, mina.userId))
    change(back)
    const answer = await walker.visit(back.href)
    expect([answer.status, walker.cookies.get('localhost')?.has('bff-dev')]).toEqual([status, false])
    expect(answer.text).toContain('Try again')
  })

  test('has at most five transactions open in a browser; the oldest goes', async () => {
    const walker = createWalker()
    const first = await almost(walker, mina.userId)
    for (let i = 0; i < 7; i++) await walker.visit(login())
    expect(transactions(walker)).toHaveLength(5)
    expect((await walker.visit(first)).status).toBe(400)
  })

  test('ends the session that was planted in the browser before (C1)', async () => {
    const planted = await it.bff.signIn({ kind: 'cookie', userId: 'attacker' })
    const walker = createWalker()
    walker.cookies.set('localhost', new Map([['bff-dev', planted['cookie']!.slice('bff-dev='.length)]]))
    await walker.signIn(login(), mina.userId)
    expect(await it.who(walker.headers(origin))).toMatchObject({ userId: mina.userId })
    expect(walker.headers(origin)['cookie']).not.toBe(planted['cookie'])
    expect((await it.bff.call('GET', '/v1.1/appusers/me', { headers: planted })).status).toBe(401)
  })

  test('revoking all survives the next sign-in (C3)', async () => {
    const old = (await it.signIn('c3-person')).headers(origin)
    expect((await it.bff.call('DELETE', '/auth/sessions', { headers: old })).status).toBe(204)
    const now = (await it.signIn('c3-person')).headers(origin)
    expect((await it.bff.call('GET', '/v1.1/appusers/me', { headers: old })).status).toBe(401)
    expect((await it.bff.call('GET', '/v1.1/appusers/me', { headers: now })).status).toBe(200)
  })

  test('does not begin from inside another page, and bounces when it was opened from another site', async () => {
    const walker = createWalker()
    expect((await walker.visit(login(), { headers: { 'sec-fetch-dest': 'image' } })).status).toBe(403)
    const bounced = await walker.visit(login('?returnTo=/x'), { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' } })
    expect([bounced.status, bounced.text]).toEqual([200, expect.stringContaining('url=/bff/auth/login?returnTo=/x')])
    expect(bounced.headers.getSetCookie()).toEqual([])
  })

  test.each([
    ['a parameter nobody knows', '?next=/x', 400],
    ['a provider nobody knows', '?provider=other', 400],
  ])('refuses %s', async (_what, query, status) => {
    expect((await createWalker().visit(login(query))).status).toBe(status)
  })

  test('answers programs in JSON', async () => {
    const answer = await fetch(callback('state=x'), { headers: { accept: 'application/json' } })
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([400, 'sign_in_expired'])
  })

  describe('stepping up', () => {
    test('puts a new token with a new time in the place of the old one', async () => {
      const walker = await it.signIn('ada')
      const before = walker.headers(origin)
      const was = await it.who(before)
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      const { to } = await walker.signIn(login('?stepUp=1&returnTo=/ops'), 'ada')
      expect(to).toBe('/ops')
      const after = walker.headers(origin)
      const now = await it.who(after)
      expect(now).toMatchObject({ sessionId: was['sessionId'], expiresAt: was['expiresAt'], createdAt: was['createdAt'] })
      expect(now['authTime']).toBeGreaterThan(was['authTime'] as number)
      expect(await it.who(before)).toEqual({ signedIn: false })
    })

    test('asks for the password although the provider knows the person', async () => {
      const walker = await it.signIn('ada')
      const { headers } = await walker.visit(login('?stepUp=1'))
      const { searchParams } = new URL(headers.get('location')!)
      expect([searchParams.get('prompt'), searchParams.get('max_age')]).toEqual(['login', '900'])
    })

    test('changes nothing when somebody else signs in', async () => {
      const walker = await it.signIn('ada')
      const before = walker.headers(origin)
      // Else the provider would end Ada's sessions when the other one takes over.
      walker.cookies.delete('127.0.0.1')
      const { last } = await walker.signIn(login('?stepUp=1'), 'somebody-else')
      expect([last.status, last.text]).toEqual([401, expect.stringContaining('Somebody else')])
      expect(await it.who(before)).toMatchObject({ actor: { id: 'ada' } })
    })
  })

  describe('signing out', () => {
    test("gives the provider's address, and the session is over", async () => {
      const walker = await it.signIn(mina.userId)
      const headers = walker.headers(origin)
      const out = await fetch(`${origin}/bff/auth/session`, { method: 'DELETE', headers })
      expect(out.status).toBe(200)
      const away = new URL(((await out.json()) as { endSession: string }).endSession)
      expect([away.origin, away.searchParams.get('post_logout_redirect_uri')]).toEqual([it.provider.issuer, `${origin}/`])
      expect(away.searchParams.has('id_token_hint')).toBe(false)
      expect(await it.who(headers)).toEqual({ signedIn: false })
      expect((await walker.visit(away.href)).status).toBe(200)
    })

    test('is not done by GET', async () => {
      expect((await it.bff.call('POST', '/auth/sessions', {})).status).toBe(405)
      expect((await it.bff.call('GET', '/auth/logout')).status).toBe(405)
    })
  })
})

test('a provider that is away stops nobody who is signed in, and nobody is told to be at fault', async () => {
  await using it = await startWithProvider()
  const headers = (await it.signIn(mina.userId)).headers(it.origin)
  await it.provider.stop()
  expect((await it.bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(200)
  expect((await it.bff.call('DELETE', '/auth/session', { headers })).status).toBe(200)
  await using fresh = await startWithProvider({ OIDC_ISSUER: 'http://127.0.0.1:9', TRUSTED_ISSUERS: '' })
  const answer = await fetch(`${fresh.origin}/bff/auth/login`, { headers: { accept: 'text/html' }, redirect: 'manual' })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
})

test('private_key_jwt proves the client as well', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'own', alg: 'ES256', use: 'sig' }]
  const client = { token_endpoint_auth_method: 'private_key_jwt', client_secret: undefined }
  await using provider = await startProvider({ client, keys })
  const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const env = { ...providerEnv(provider), OIDC_CLIENT_AUTH: 'private_key_jwt', OIDC_CLIENT_KEY: key, OIDC_CLIENT_KEY_ID: 'own' }
  await using bff = await startBff({ env })
  const origin = bff.app.origins[0]!
  provider.register([origin], '')
  const walker = createWalker()
  expect((await walker.signIn(`${origin}/bff/auth/login`, 'zoe')).to).toBe('/')
  expect((await bff.call('GET', '/auth/session', { headers: walker.headers(origin) })).json).toMatchObject({ userId: 'zoe' })
})
