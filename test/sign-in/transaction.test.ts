import { expect, test } from '@jest/globals'
import { Secret } from '../../config/secret.ts'
import { keyRing } from '../../src/crypto/key-ring.ts'
import { cookieNames } from '../../src/http/request/cookies.ts'
import { beginTransaction, findTransaction, type Transaction } from '../../src/sign-in/transaction.ts'
import { canaryPepper } from '../support/canaries.ts'

const cookies = cookieNames(true)
const peppers = keyRing(new Secret(`p1:${canaryPepper}`))
const transaction = (state: string, startedMs = Date.now()): Transaction => ({
  ...{ state, nonce: 'nonce-canary', verifier: 'verifier-canary', provider: 'p', origin: 'https://a.example', returnTo: '/' },
  ...{ startedMs, logouts: 2, stepUp: false },
})
const cookieOf = (line: string) => line.split(';')[0]!
const asked = (state: string, startedMs = Date.now(), logouts = 2) => ({ state, now: { startedMs, logouts } })

test('a sign-in under way is sealed, bound to its host and to https, and gone after ten minutes', () => {
  const [line = ''] = beginTransaction(peppers, transaction('s1'), cookies, undefined)
  expect(line).toMatch(/^__Host-bff-tx-[\w-]{12}=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/)
  expect(Buffer.from(line.split('=')[1]!, 'base64url').toString('latin1')).not.toContain('canary')
  expect(findTransaction(peppers, asked('s1'), cookies, cookieOf(line)).transaction?.verifier).toBe('verifier-canary')
  expect(findTransaction(peppers, asked('s2'), cookies, cookieOf(line)).transaction).toBeUndefined()
  expect(findTransaction(peppers, asked('s1'), cookies, `x${cookieOf(line)}`).transaction).toBeUndefined()
  expect(findTransaction(peppers, asked('s1', Date.now() + 10 * 60_000), cookies, cookieOf(line)).transaction).toBeUndefined()
  // The clock was set back, or the store forgot logouts.
  expect(findTransaction(peppers, asked('s1', Date.now() - 10_000), cookies, cookieOf(line)).transaction).toBeUndefined()
  expect(findTransaction(peppers, asked('s1', Date.now(), 1), cookies, cookieOf(line)).transaction).toBeUndefined()
})

test('the cookie of one cannot stand in for another', () => {
  const [one = ''] = beginTransaction(peppers, transaction('s1'), cookies, undefined)
  const [two = ''] = beginTransaction(peppers, transaction('s2'), cookies, undefined)
  const swapped = `${cookieOf(one).split('=')[0]}=${cookieOf(two).split('=')[1]}`
  expect(findTransaction(peppers, asked('s1'), cookies, swapped).transaction).toBeUndefined()
})

test('the sixth ends the oldest, and what cannot be read', () => {
  const now = Date.now()
  const open = [1, 2, 3, 4, 5].map((i) =>
    cookieOf(beginTransaction(peppers, transaction(`s${i}`, now - i * 1_000), cookies, undefined)[0]!),
  )
  const lines = beginTransaction(peppers, transaction('s6'), cookies, [...open, '__Host-bff-tx-junk=junk'].join('; '))
  const ended = lines.slice(1).map((line) => line.split('=')[0])
  expect(new Set(ended)).toEqual(new Set([open[4]!.split('=')[0], '__Host-bff-tx-junk']))
})
