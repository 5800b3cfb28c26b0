/** A claim that was a number beyond 2^53, or a fraction that a double takes for a whole number, was rounded, so two people could become one app user; a `sub` that was a number ended the exchange with 500. */

import { describe, expect, test } from '@jest/globals'
import type { ClaimRules } from '../../../config/providers.ts'
import { claimsOf, personOf } from '../../../src/sign-in/claims.ts'
import { createWalker } from '../../support/walk.ts'
import { audience, startWithProvider, type WithProvider } from '../../support/with-provider.ts'

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

const fractions = [
  '1.0000000000000000001',
  '4503599627370496.4',
  '9007199254740990.6',
  '9007199254740992.5',
  '9007199254740993',
  '47110.00000000000001e-1',
]
const wholes = [
  ['4711', '4711'],
  ['4711.0', '4711'],
  ['1e3', '1000'],
  ['9007199254740991', '9007199254740991'],
] as const

test('a number counts as it is written, not as a double has it', () => {
  const customerIn = (number: string) =>
    personOf(rules(), [''], claimsOf(`e30.${Buffer.from(`{"sub":"s","customer":${number}}`).toString('base64url')}.x`)).userId
  for (const number of fractions) expect(() => customerIn(number)).toThrow('The claim customer of the identity provider is neither text')
  for (const [number, name] of wholes) expect(customerIn(number)).toBe(name)
})

describe('in a token that the provider signed', () => {
  const ask = (it: WithProvider, subject_token: string) =>
    it.bff.call('POST', '/auth/session', {
      json: {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        subject_token,
      },
    })
  const textOf = (it: WithProvider, more: string) => {
    const now = Math.floor(Date.now() / 1000)
    return `{"iss":"${it.provider.issuer}","aud":"${audience}","sub":"s","iat":${now},"exp":${now + 300}${more}}`
  }

  test('a fraction names nobody in the exchange, and nobody in a browser', async () => {
    await using it = await startWithProvider({ OIDC_USER_ID_CLAIM: 'app' })
    for (const number of fractions) {
      const answer = await ask(it, await it.provider.signText(textOf(it, `,"app":${number}`)))
      expect([answer.status, answer.json.detail]).toEqual([
        401,
        expect.stringMatching(/^The claim app of the identity provider is neither/),
      ])
    }
    expect((await ask(it, await it.provider.signText(textOf(it, ',"app":4711.0')))).status).toBe(200)
    const rawJSON = (JSON as unknown as { rawJSON(text: string): object }).rawJSON
    it.provider.accounts.set('half', { app: rawJSON('4503599627370496.4') })
    const { last } = await createWalker().signIn(`${it.origin}/bff/auth/login`, 'half')
    expect([last.status, last.text]).toEqual([401, expect.stringContaining('The claim app of the identity provider is neither')])
    it.provider.accounts.set('whole', { app: 4711 })
    expect(await it.who((await it.signIn('whole')).headers(it.origin))).toMatchObject({ userId: '4711' })
  })

  test('bytes that are no UTF-8 are not repaired into a name', async () => {
    await using it = await startWithProvider()
    const bytes = Buffer.from(textOf(it, ',"name":"x?y"'))
    bytes[bytes.indexOf('?')] = 0xff
    const answer = await ask(it, await it.provider.signText(bytes))
    expect([answer.status, answer.json.error.code]).toEqual([401, 'invalid_grant'])
    // In a browser's sign-in nobody else looks.
    expect(() => claimsOf(`e30.${bytes.toString('base64url')}.x`)).toThrow('The claims of the token are not JSON in UTF-8.')
  })
})
