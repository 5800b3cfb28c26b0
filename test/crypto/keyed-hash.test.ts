/** Our HMAC against Node's, for keys and texts of every kind. */
import { createHmac } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hmacWith } from '../../src/crypto/keyed-hash.ts'
import { anyText } from '../support/any-text.ts'

test('says what createHmac says', () => {
  fc.assert(
    fc.property(anyText({ maxLength: 200 }), anyText({ maxLength: 1_000 }), (secret, text) => {
      const hmac = hmacWith(secret)
      expect(hmac(text, 'base64url')).toBe(createHmac('sha256', secret).update(text).digest('base64url'))
      expect(hmac(text, 'buffer')).toEqual(createHmac('sha256', secret).update(text).digest())
    }),
    { numRuns: 300 },
  )
})

test('does not mix up a short text with the rest of a longer one before it', () => {
  const hmac = hmacWith('k')
  hmac('a much longer text', 'buffer')
  expect(hmac('a', 'base64url')).toBe(createHmac('sha256', 'k').update('a').digest('base64url'))
  const long = 'ü'.repeat(3_000)
  expect(hmac(long, 'base64url')).toBe(createHmac('sha256', 'k').update(long).digest('base64url'))
  expect(hmac(long, 'buffer')).toEqual(createHmac('sha256', 'k').update(long).digest())
})
