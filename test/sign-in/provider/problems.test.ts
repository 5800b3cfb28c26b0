/** Whose fault a failure is for which no provider of a test can be set up, and what operators are told to do. */
import { expect, test } from '@jest/globals'
import { judge } from '../../../src/sign-in/provider/problems.ts'
import { TokenFault } from '../../../src/sign-in/token-rules.ts'

const networkError = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error(`said ${code}`), { code }) })

test.each<[what: string, error: unknown, verdict: object]>([
  ['a token of another type', new TokenFault('the token has no type'), { fault: 'operator', code: 'token', said: 'the token has no type' }],
  [
    'a certificate that has expired',
    networkError('CERT_HAS_EXPIRED'),
    { fault: 'operator', code: 'CERT_HAS_EXPIRED', remedy: 'the certificate of the provider has expired' },
  ],
  [
    'a host that there is not',
    networkError('ENOTFOUND'),
    { fault: 'operator', said: 'said ENOTFOUND', remedy: expect.stringContaining('OIDC_ISSUER') },
  ],
  ['a connection that broke', networkError('ECONNRESET'), { fault: 'provider', code: 'network', said: 'said ECONNRESET' }],
  ['a code by the name of what every object has', networkError('constructor'), { fault: 'provider', code: 'network' }],
  ['what is no error', 'gone', { fault: 'provider', code: 'network', said: 'gone' }],
])('%s', async (_what, error, verdict) => {
  expect(await judge(error)).toMatchObject(verdict)
})
