/** Real providers set up as people's are: whatever the set-up, signing in, stepping up, exchanging and being signed out there all work. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { ProviderSetUp, TestProvider } from '../support/provider.ts'
import { audience, startWithProvider } from '../support/with-provider.ts'

type Env = (provider: TestProvider) => Record<string, string>

const withoutSlash = ({ issuer }: TestProvider) => issuer.replace(/\/$/, '')
const named =
  (name: (provider: TestProvider) => string): Env =>
  (provider) => ({
    OIDC_ISSUER: name(provider),
    TRUSTED_ISSUERS: `${name(provider)} ${audience}`,
  })

const setUps: readonly [name: string, setUp: ProviderSetUp, env: Env][] = [
  ['a root issuer with a slash, named as it is', { issuerEnd: '/' }, () => ({})],
  ['a root issuer with a slash, named without', { issuerEnd: '/' }, named(withoutSlash)],
  ['a root issuer without a slash, named with one', {}, named(({ issuer }) => `${issuer}/`)],
  ['an issuer below a path, named without its slash', { issuerEnd: '/realms/x/' }, named(withoutSlash)],
  ['an issuer below a path, named with a slash it has not', { issuerEnd: '/realms/x' }, named(({ issuer }) => `${issuer}/`)],
  ['a slash in one setting alone', {}, ({ issuer }) => ({ OIDC_ISSUER: `${issuer}/` })],
  ['a clock 20 seconds ahead', { aheadSeconds: 20 }, () => ({})],
  ['a clock 20 seconds behind', { aheadSeconds: -20 }, () => ({})],
]

describe.each(setUps)('%s', (_name, setUp, env) => {
  test('a person signs in, steps up, and is signed out when the provider says so, and signs in again', async () => {
    await using it = await startWithProvider(env, setUp)
    const walker = await it.signIn('ada')
    expect(await it.who(walker.headers(it.origin))).toMatchObject({
      signedIn: true,
      roles: ['user', 'admin'],
      actor: { name: 'Ada Admin' },
    })
    expect((await walker.signIn(`${it.origin}/bff/auth/login?stepUp=1&returnTo=/stepped`, 'ada')).to).toBe('/stepped')
    const headers = walker.headers(it.origin)
    expect(Math.abs(Number((await it.who(headers))['authTime']) - Date.now() / 1000)).toBeLessThan(60)
    await walker.signOutThere(it.provider.issuer)
    expect(await it.who(headers)).toEqual({ signedIn: false })
    await walker.signIn(`${it.origin}/bff/auth/login`, 'ada')
    expect(await it.who(walker.headers(it.origin))).toMatchObject({ signedIn: true })
  })

  test('a token of a mobile app is exchanged', async () => {
    await using it = await startWithProvider(env, setUp)
    const iat = it.provider.now()
    const subject_token = await it.provider.sign({ sub: 'mobile', aud: audience, iat, exp: iat + 300, jti: randomUUID() })
    const grant = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    }
    const answer = await it.bff.call('POST', '/auth/session', { json: { ...grant, subject_token } })
    expect([answer.status, answer.json.token_type]).toEqual([200, 'Bearer'])
  })
})
