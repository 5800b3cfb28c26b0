/** A claim that was a number beyond 2^53 was rounded, so two people could become one app user; a `sub` that was a number ended the exchange with 500. */

import { describe, expect, test } from '@jest/globals'
import type { ClaimRules } from '../../../config/providers.ts'
import { personOf } from '../../../src/sign-in/claims.ts'
import { audience, startWithProvider } from '../../support/with-provider.ts'

const rules = (more: Partial<ClaimRules> = {}): ClaimRules => ({
  userId: 'customer',
  prefix: '',
  roleMap: {},
  defaultRoles: ['user'],
  ...more,
})

describe('a claim that names somebody', () => {
  test.each([JSON.parse('9007199254740993'), 2 ** 60, -(2 ** 60), 1.5, 1e300, true, ['x'], { id: 1 }])(
    'is refused by its name when it is %j',
    (customer) => {
      expect(() => personOf(rules(), [''], { sub: 's', customer })).toThrow('The claim customer of the identity provider is neither text')
    },
  )

  test('may be text or a whole number that JSON carries exactly', () => {
    for (const customer of ['9007199254740993', '0', 4711, 9007199254740991, 0])
      expect(personOf(rules(), [''], { sub: 's', customer }).userId).toBe(String(customer))
  })

  test('is held to that rule for the app, too', () => {
    expect(() => personOf(rules({ app: 'tenant' }), [''], { sub: 's', customer: 'c', tenant: 2 ** 53 })).toThrow('The claim tenant')
  })
})

test('a token whose sub is no text is refused by the claim’s name in the exchange', async () => {
  await using it = await startWithProvider()
  const now = Math.floor(Date.now() / 1000)
  for (const sub of [12345, 2 ** 60, true, ['x'], {}]) {
    const subject_token = await it.provider.sign({ sub, aud: audience, iat: now, exp: now + 300 } as never)
    const answer = await it.bff.call('POST', '/auth/session', {
      json: {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        subject_token,
      },
    })
    expect([answer.status, answer.json.error.code, answer.json.detail]).toEqual([
      401,
      'invalid_grant',
      'The claim sub of the token is not text.',
    ])
  }
})
