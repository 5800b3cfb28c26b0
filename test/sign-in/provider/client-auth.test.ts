/** How the client proves itself to a real provider: each kind of key, each way to sign, for the issuer or the token endpoint; with pushed requests or without. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { exportJWK } from 'jose'
import type { ProviderSetUp, TestProvider } from '../../support/provider.ts'
import { startWithProvider } from '../../support/with-provider.ts'

const pairs: Record<string, () => { publicKey: KeyObject; privateKey: KeyObject }> = {
  RSA: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  Ed25519: () => generateKeyPairSync('ed25519'),
}

const rows: readonly [key: string, alg: string, env: Record<string, string>][] = [
  ['RSA', 'RS256', {}],
  ['RSA', 'PS256', { OIDC_CLIENT_KEY_ALG: 'PS256' }],
  ['RSA', 'RS512', { OIDC_CLIENT_KEY_ALG: 'RS512' }],
  ['P-256', 'ES256', {}],
  ['P-384', 'ES384', {}],
  ['Ed25519', 'Ed25519', {}],
  ['Ed25519', 'EdDSA', { OIDC_CLIENT_KEY_ALG: 'EdDSA' }],
  ['P-256', 'ES256', { OIDC_CLIENT_KEY_AUDIENCE: 'token_endpoint' }],
  ['P-256', 'ES256', { OIDC_PAR: 'on' }],
]

const startWithKey = async (kind: string, alg: string, env: Record<string, string>, more: Partial<ProviderSetUp> = {}) => {
  const { publicKey, privateKey } = pairs[kind]!()
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'own', alg, use: 'sig' }]
  const client = { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: alg, client_secret: undefined }
  const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const ours = { OIDC_CLIENT_AUTH: 'private_key_jwt', OIDC_CLIENT_KEY: key, OIDC_CLIENT_KEY_ID: 'own', ...env }
  return await startWithProvider(ours, {
    client: { ...client, ...more.client },
    keys,
    ...(more.onAssertion && { onAssertion: more.onAssertion }),
    ...(more.aheadSeconds && { aheadSeconds: more.aheadSeconds }),
  })
}

test.each(rows)('an %s key proves the client by %s: %j', async (kind, alg, env) => {
  const seen: { alg: unknown; aud: unknown }[] = []
  const onAssertion: ProviderSetUp['onAssertion'] = ({ aud }, header) => void seen.push({ alg: header['alg'], aud })
  await using it = await startWithKey(kind, alg, env, { onAssertion: onAssertion! })
  expect(await it.who((await it.signIn('zoe')).headers(it.origin))).toMatchObject({ userId: 'zoe' })
  const aud = env['OIDC_CLIENT_KEY_AUDIENCE'] === 'token_endpoint' ? `${it.provider.issuer}/token` : it.provider.issuer
  expect(seen).toContainEqual({ alg, aud })
})

test.each([20, -20])('the proof is good for a provider whose clock is %d seconds off', async (aheadSeconds) => {
  await using it = await startWithKey('P-256', 'ES256', {}, { aheadSeconds })
  expect(await it.who((await it.signIn('zoe')).headers(it.origin))).toMatchObject({ userId: 'zoe' })
})

test('a key that does not fit what was set is told to operators', async () => {
  await using it = await startWithKey('P-256', 'ES256', { OIDC_CLIENT_KEY_ALG: 'PS256' })
  const { last } = await (await it.signIn('zoe')).signIn(`${it.origin}/bff/auth/login`, 'zoe')
  expect([last.status, last.text]).toEqual([502, expect.stringContaining('identity_provider_misconfigured')])
  expect(it.bff.lines.find(({ alarm }) => alarm === 'identity_provider_misconfigured')).toMatchObject({
    cause: { message: 'the key of OIDC_CLIENT_KEY (prime256v1) does not fit PS256' },
  })
})

/** What the browser is sent to the provider with. */
const requestOf = async (it: Awaited<ReturnType<typeof startWithProvider>>) => {
  const { headers } = await fetch(`${it.origin}/bff/auth/login`, { redirect: 'manual' })
  return new Set(new URL(headers.get('location')!).searchParams.keys())
}
const pushed = new Set(['client_id', 'request_uri'])

test.each<[string, ProviderSetUp, (provider: TestProvider) => Record<string, string>]>([
  ['where the setting says so', {}, () => ({ OIDC_PAR: 'on' })],
  ['where the client must', { client: { require_pushed_authorization_requests: true } }, () => ({ OIDC_PAR: 'on' })],
  [
    'where the provider requires it of all',
    { features: { pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true } } },
    () => ({}),
  ],
])('the request is pushed %s, and the address of the provider holds nothing of it', async (_where, setUp, env) => {
  await using it = await startWithProvider(env, setUp)
  expect(await requestOf(it)).toEqual(pushed)
  const walker = await it.signIn('zoe')
  expect(await it.who(walker.headers(it.origin))).toMatchObject({ userId: 'zoe' })
  expect((await walker.signIn(`${it.origin}/bff/auth/login?stepUp=1&returnTo=/up`, 'zoe')).to).toBe('/up')
})

test('a client secret that is wrong is told before anybody types a password, when requests are pushed', async () => {
  await using it = await startWithProvider({ OIDC_PAR: 'on', OIDC_CLIENT_SECRET: 'not-the-secret-of-this-client' })
  expect((await fetch(`${it.origin}/bff/auth/login`, { redirect: 'manual' })).status).toBe(502)
})
