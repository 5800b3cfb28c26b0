/** Production took issuers, key sets, the vendor's and the apps' addresses over plain http, where anybody on the way can answer for them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { SignJWT } from 'jose'
import { loadApps } from '../../../config/apps.ts'
import { load } from '../../../config/load.ts'
import { loadProviders } from '../../../config/providers.ts'
import { isSecure } from '../../../config/secure-address.ts'
import { createIssuerTokens } from '../../../src/sign-in/issuer-tokens.ts'

const folder = mkdtempSync(join(tmpdir(), 'bff-plain-'))
afterAll(() => rmSync(folder, { recursive: true }))

const secret = (letter: string): string => letter.repeat(32)
const good = {
  NODE_ENV: 'production',
  PUBLIC_ORIGIN: 'https://app.example',
  REDIS_URL: 'redis://127.0.0.1',
  SMOOCH_APP_ID: 'a',
  SMOOCH_BASE_URL: 'https://vendor.example',
  SMOOCH_KEY_ID: 'app_1',
  SMOOCH_KEY_SECRET: secret('k'),
  SESSION_KEYS: `k:${secret('a')}`,
  SESSION_PEPPERS: `p:${secret('b')}`,
  OIDC_CLIENT_ID: 'bff',
  OIDC_CLIENT_SECRET: secret('c'),
  ALERT_WEBHOOK_SECRET: secret('d'),
}

test.each([
  ['https://a.example', true],
  ['http://a.example', false],
  ['http://localhost:3000', true],
  ['http://127.0.0.1', true],
  ['http://127.9.8.7:1', true],
  ['http://[::1]:1', true],
  ['http://localhost.a.example', false],
  ['http://127.0.0.1.a.example', false],
  ['http://10.0.0.1', false],
  ['http://0x7f000001', true],
  ['http://localhost@a.example', false],
])('%s: trusted %s', (address, trusted) => {
  expect(isSecure(address)).toBe(trusted)
})

test.each([
  ['SMOOCH_BASE_URL', ''],
  ['OIDC_ISSUER', ''],
  ['TRUSTED_ISSUERS', ' api://bff'],
  ['ALERT_WEBHOOK_URL', ''],
])('%s over plain http is refused, unless it is on this machine', (name, more) => {
  expect(() => load({ ...good, [name]: `http://elsewhere.example${more}` })).toThrow(`${name} must be https in production`)
  for (const address of ['https://elsewhere.example', 'http://127.0.0.1:8080', 'http://[::1]:8080'])
    expect(() => load({ ...good, [name]: `${address}${more}` })).not.toThrow()
  expect(() => load({ ...good, NODE_ENV: 'development', [name]: `http://elsewhere.example${more}` })).not.toThrow()
})

test('so are the addresses in the files of several apps and providers', () => {
  const [apps, providers] = [join(folder, 'apps.yaml'), join(folder, 'providers.yaml')]
  const { settings } = load({ ...good, APPS_FILE: apps, OIDC_PROVIDERS_FILE: providers })
  const app = (baseUrl: string, origin: string): string =>
    JSON.stringify([{ appId: 'a', baseUrl, origins: [origin], keys: [{ id: 'app_1', secret: secret('k') }] }])
  for (const [content, words] of [
    [app('http://vendor.example', 'https://a.example'), 'baseUrl must be https in production'],
    [app('https://vendor.example', 'http://a.example'), 'origins must be https in production'],
  ] as const) {
    writeFileSync(apps, content)
    expect(() => loadApps(settings)).toThrow(words)
  }
  writeFileSync(apps, app('http://localhost:1', 'http://localhost:2'))
  expect(loadApps(settings)).toHaveLength(1)
  writeFileSync(providers, JSON.stringify([{ id: 'one', issuer: 'http://id.example', audience: 'x' }]))
  expect(() => loadProviders(settings)).toThrow('issuer must be https in production')
})

test('a key set that discovery places over plain http elsewhere is not fetched', async () => {
  const server = createServer((_req, res) => {
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ issuer, jwks_uri: 'http://keys.example/jwks' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const claims = { userId: 'sub', prefix: '', roles: undefined, roleMap: {}, defaultRoles: [], app: undefined, appId: undefined }
    const tokens = createIssuerTokens([{ id: 'one', issuer, audience: 'x', claims }], 600)
    const token = await new SignJWT({ sub: 'u' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(issuer)
      .setAudience('x')
      .sign(Buffer.from(secret('h')))
    const refused = await tokens.subject(token).catch((error: Error) => error)
    expect(refused).toMatchObject({
      code: 'identity_provider_unavailable',
      cause: { message: expect.stringContaining('not at a secure address') },
    })
  } finally {
    server.close()
  }
})
