/** Issuers and receivers of alerts that answer oddly. */
import { describe, expect, test } from '@jest/globals'
import { UnsecuredJWT } from 'jose'
import nock from 'nock'
import { Secret } from '../../config/secret.ts'
import type { Alert } from '../../src/console/alerts/alerts.ts'
import { createWebhook } from '../../src/console/alerts/webhook.ts'
import { createIssuerTokens } from '../../src/sign-in/issuer-tokens.ts'
import { interceptOutside, pending } from '../support/outside.ts'
import { problemOf } from './vendor.ts'

interceptOutside()

describe('an issuer', () => {
  const issuer = 'https://issuer.example'
  const claims = { id: 'i', issuer, audience: 'a', claims: {} } as unknown as Parameters<typeof createIssuerTokens>[0][number]
  const token = new UnsecuredJWT({ aud: 'a', iss: issuer, sub: 's' }).encode()
  const document = { issuer, jwks_uri: `${issuer}/keys` }

  test.each([
    ['is in trouble', 500, {}, {}],
    ['sends elsewhere', 302, '', { location: 'https://elsewhere.example/' }],
    ['sends elsewhere for good', 308, document, { location: 'https://elsewhere.example/' }],
    ['is gone', 404, document, {}],
    ['asks for patience', 429, {}, { 'retry-after': '1' }],
    ['is misdirected', 421, {}, {}],
    ['sends a page', 200, '<html>', { 'content-type': 'text/html' }],
    ['is another one', 200, { ...document, issuer: 'https://other.example' }, {}],
    ['names no keys', 200, { issuer }, {}],
    ['says what is no text', 200, Buffer.from([0xff, 0xfe]), {}],
  ] as const)('that %s is asked once, and is unavailable', async (_name, status, body, headers) => {
    nock(issuer).get('/.well-known/openid-configuration').times(2).reply(status, body, headers)
    const problem = await problemOf(createIssuerTokens([claims], 60).subject(token))
    expect([problem.code, pending().length]).toEqual(['identity_provider_unavailable', 1])
  })

  test.each([
    [302, '', { location: 'https://elsewhere.example/' }],
    [500, '', {}],
    [200, '<html>', {}],
  ] as const)('whose keys are answered with %d is asked for them once', async (status, body, headers) => {
    nock(issuer).get('/.well-known/openid-configuration').reply(200, document)
    nock(issuer).get('/keys').times(2).reply(status, body, headers)
    const signed = `${btoa('{"alg":"RS256","kid":"k"}').replace(/=/g, '')}.${token.split('.')[1]}.c2ln`
    const problem = await problemOf(createIssuerTokens([claims], 60).subject(signed))
    expect([problem.status >= 400, pending().length]).toEqual([true, 1])
  })
})

describe('a receiver of alerts', () => {
  const alert: Alert = { id: 'a1', type: 'burst', time: '2026-03-02T09:14:07.482Z', words: 'w' }
  const deliver = async (pausesMs: number[]): Promise<unknown> => {
    const failed = Promise.withResolvers<unknown>()
    const webhook = createWebhook({
      url: 'https://alerts.example/hook/SECRET-PATH',
      secret: new Secret('a-webhook-secret-of-32-characters'),
      source: 's',
      onFailure: (_, cause) => failed.resolve(cause),
      pausesMs,
    })
    webhook.send(alert)
    const cause = await failed.promise
    webhook.close()
    return cause
  }

  test.each([301, 307, 400, 401, 404, 408, 410, 413, 421, 429, 500, 502, 503])(
    'that answers %d gets it again after each pause, elsewhere nobody does, and its address stays out of the log',
    async (status) => {
      const headers = { location: 'https://elsewhere.example/', 'retry-after': '3600' }
      nock('https://alerts.example').post('/hook/SECRET-PATH').times(4).reply(status, '', headers)
      const cause = await deliver([1, 1])
      expect([String(cause), pending().length]).toEqual([`Error: the webhook answered ${status}`, 1])
    },
  )

  test('that breaks off gets it again, too', async () => {
    nock('https://alerts.example').post('/hook/SECRET-PATH').times(3).replyWithError(new Error('reset'))
    expect(String(await deliver([1]))).not.toContain('SECRET-PATH')
    expect(pending()).toHaveLength(1)
  })
})
