/** A wrong client secret, a wrong issuer, a scope that is not allowed, keys that do not fit: people were told that the provider does not answer, or that they themselves had failed, and operators were told nothing. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { byCode } from '../../../src/sign-in/provider/faults.ts'
import { clientId, type ProviderSetUp, says } from '../../support/provider.ts'
import { providerEnv, startWithProvider, type WithProvider } from '../../support/with-provider.ts'

const alarms = ({ bff }: WithProvider) =>
  bff.lines
    .filter(({ alarm }) => alarm === 'identity_provider_misconfigured')
    .map(({ cause, remedy }) => `${(cause as { message: string }).message}; ${String(remedy)}`)
const visit = async (it: WithProvider) =>
  (await it.signIn('ada').then((walker) => walker.signIn(`${it.origin}/bff/auth/login`, 'ada'))).last
const signIn = async (it: WithProvider) => {
  const last = await visit(it)
  return { status: last.status, text: last.text, code: /Request [\w-]+, (\w+)/.exec(last.text)?.[1] }
}

const refuses =
  (challenge: string): NonNullable<ProviderSetUp['answer']> =>
  (req, res) => {
    if (!req.url?.startsWith('/token')) return false
    res.writeHead(401, { 'www-authenticate': challenge }).end('no')
    return true
  }

type Env = Record<string, string>
const cases: readonly [name: string, env: Env | ((issuer: string) => Env), setUp: ProviderSetUp, cause: RegExp][] = [
  ['a client secret that is wrong', { OIDC_CLIENT_SECRET: 'not-the-secret-of-this-client' }, {}, /invalid_client.*OIDC_CLIENT_ID/],
  [
    'a client secret that is wrong, in the body',
    { OIDC_CLIENT_SECRET: 'not-the-secret-of-this-client', OIDC_CLIENT_AUTH: 'client_secret_post' },
    { client: { token_endpoint_auth_method: 'client_secret_post' } },
    /invalid_client.*OIDC_CLIENT_ID/,
  ],
  [
    'another way to prove the client than is registered',
    {},
    { client: { token_endpoint_auth_method: 'none' } },
    /invalid_client.*OIDC_CLIENT_AUTH/,
  ],
  ['an issuer that is wrong', (issuer) => ({ OIDC_ISSUER: `${issuer}/nowhere`, TRUSTED_ISSUERS: '' }), {}, /404/],
  [
    'an issuer that calls itself something else',
    {},
    { answer: says('/.well-known/openid-configuration', 200, '{"issuer":"https://other.example"}') },
    /calls itself: https:\/\/other\.example/,
  ],
  ['an issuer that is a page', {}, { answer: says('/.well-known/openid-configuration', 200, '<html>') }, /JSON|pars/],
  ['a scope that is not allowed', { OIDC_SCOPE: 'openid profile' }, { client: { scope: 'openid' } }, /invalid_scope.*OIDC_SCOPE/],
  [
    'pushed requests that the client must use',
    {},
    { client: { require_pushed_authorization_requests: true } },
    /invalid_request.*OIDC_PAR/,
  ],
  ['another signature than was set', { OIDC_ID_TOKEN_ALG: 'ES256' }, {}, /alg.*OIDC_ID_TOKEN_ALG/],
  ['keys that are not the ones that sign', {}, { answer: says('/jwks', 200, '{"keys":[]}') }, /key.*OIDC_ID_TOKEN_ALG/],
  [
    'a key of ours that does not fit',
    { OIDC_CLIENT_AUTH: 'private_key_jwt', OIDC_CLIENT_KEY: '-----BEGIN PRIVATE KEY-----\nnone\n-----END PRIVATE KEY-----' },
    {},
    /OIDC_CLIENT_KEY cannot be read/,
  ],
  [
    'a client that is refused without a word',
    {},
    { answer: refuses('Basic realm="clients"') },
    /the provider answers 401; check OIDC_CLIENT_ID/,
  ],
  ['a client that is refused in the challenge alone', {}, { answer: refuses('Bearer error="unauthorized_client"') }, /unauthorized_client/],
  ['a grant that the client may not use', {}, { answer: says('/token', 400, '{"error":"unauthorized_client"}') }, /unauthorized_client/],
]

test.each(cases)('%s is said to be a matter of settings, to operators with the remedy', async (_name, env, setUp, cause) => {
  await using it = await startWithProvider((provider) => (typeof env === 'function' ? env(provider.issuer) : env), setUp)
  const { status, code, text } = await signIn(it)
  expect([status, code]).toEqual([502, 'identity_provider_misconfigured'])
  expect(text).toContain('operators have been told')
  expect(alarms(it)).toEqual([expect.stringMatching(cause)])
  expect((await it.bff.private('GET', '/metrics')).text).toContain('bff_alarms_total{code="identity_provider_misconfigured"} 1')
})

test('whatever code openid-client gives an error, the table says whose fault it is', () => {
  const library = ['openid-client', 'oauth4webapi'].map((name) => readFileSync(fileURLToPath(import.meta.resolve(name)), 'utf8')).join('')
  const codes = new Set([...library.matchAll(/'(OAUTH_[A-Z_]+)'/g)].map(([, code]) => code!))
  // These two hold the provider's own error.
  for (const told of ['OAUTH_AUTHORIZATION_RESPONSE_ERROR', 'OAUTH_RESPONSE_BODY_ERROR']) expect(codes.delete(told)).toBe(true)
  expect(new Set(Object.keys(byCode))).toEqual(codes)
})

describe('what is nobody’s setting', () => {
  test.each<[string, ReturnType<typeof says>, number, string]>([
    ['a provider that is in trouble', says('/token', 400, '{"error":"server_error"}'), 503, 'identity_provider_unavailable'],
    ['one that answers 500', says('/token', 500, 'oops'), 503, 'identity_provider_unavailable'],
    ['one that asks for patience', says('/token', 429, 'slow'), 503, 'identity_provider_unavailable'],
    ['an error that is named as what every object has', says('/token', 400, '{"error":"constructor"}'), 401, 'sign_in_failed'],
    ['a code that is too old', says('/token', 400, '{"error":"invalid_grant"}'), 401, 'sign_in_failed'],
  ])('%s raises no alarm', async (_name, answer, status, code) => {
    await using it = await startWithProvider({}, { answer })
    expect(await signIn(it)).toMatchObject({ status, code })
    expect(alarms(it)).toEqual([])
  })

  test('a person who comes back with another answer than the provider gave has to begin again', async () => {
    await using it = await startWithProvider()
    const walker = await it.signIn('mina')
    const { headers } = await walker.visit(`${it.origin}/bff/auth/login`)
    const back = new URL((await walker.visit(headers.get('location')!)).headers.get('location')!)
    back.searchParams.set('iss', 'https://evil.example')
    expect((await walker.visit(back.href)).status).toBe(401)
    expect(alarms(it)).toEqual([])
  })
})

test('the error of the provider reaches the log', async () => {
  const answer = says('/token', 400, '{"error":"odd_error","error_description":"policy 17 of ada@example.com"}')
  await using it = await startWithProvider({}, { answer })
  expect(await signIn(it)).toMatchObject({ status: 401, code: 'sign_in_failed' })
  const line = it.bff.lines.findLast(({ code }) => code === 'sign_in_failed')
  expect(line!['cause']).toMatchObject({ message: 'odd_error: policy 17 of [email]' })
})

test('is told once a minute, however many come', async () => {
  await using it = await startWithProvider({ OIDC_CLIENT_SECRET: 'not-the-secret-of-this-client' })
  for (let turn = 0; turn < 3; turn += 1) await visit(it)
  expect(alarms(it)).toHaveLength(1)
})

test('is nobody’s failed attempt: others of the same address sign in', async () => {
  await using it = await startWithProvider({ LIMIT_FAILURES: '3', SESSION_PEPPERS: `p1:${crypto.randomUUID()}` })
  const walker = await it.signIn('ada')
  const { headers } = await walker.visit(`${it.origin}/bff/auth/login`)
  const back = (await walker.visit(headers.get('location')!)).headers.get('location')!
  for (let turn = 0; turn < 8; turn += 1) await walker.visit(back)
  expect(await it.who((await it.signIn('mina')).headers(it.origin))).toMatchObject({ signedIn: true })
  expect(providerEnv(it.provider)['OIDC_CLIENT_ID']).toBe(clientId)
})

test('an issuer that cannot be used for logout and exchange is told as well', async () => {
  await using it = await startWithProvider(({ issuer }) => ({
    OIDC_ISSUER: `${issuer}/nowhere`,
    TRUSTED_ISSUERS: `${issuer}/nowhere api://bff`,
  }))
  const iat = it.provider.now()
  const subject_token = await it.provider.sign({ iss: `${it.provider.issuer}/nowhere`, sub: 'x', aud: 'api://bff', iat, exp: iat + 60 })
  const grant = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  }
  expect((await it.bff.call('POST', '/auth/session', { json: { ...grant, subject_token } })).status).toBe(503)
  expect(alarms(it)).toEqual([expect.stringContaining('404')])
})
