import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { returnPath } from '../../src/sign-in/return-to.ts'
import { anyText } from '../support/any-text.ts'

const ours = 'https://app.example.com'
/** Where a browser on our page goes for it. */
const landing = (path: string) => new URL(path, `${ours}/bff/auth/callback?x=1`)

const schemes = ['https:', 'http:', 'javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'ftp:', 'mailto:', '']
const slashes = [
  '',
  '/',
  '//',
  '///',
  '////',
  '\\',
  '/\\',
  '\\/',
  '\\\\',
  '/\t/',
  '/\n/',
  '/\r/',
  '\t//',
  ' //',
  '/ /',
  '/%09/',
  '/%2f',
  '/%5c',
  '/./',
  '/.//',
  '/../',
  '/..//',
  '/%2e//',
  '/%2e%2e//',
  '/x/..//',
  '/;/',
  '/?/',
  '/#/',
  '\u3000//',
  '/\u2028/',
  '\u2044\u2044',
  '/\uff0f',
]
const hosts = [
  'evil.example',
  'evil.example/',
  'evil.example:443/',
  '@evil.example',
  'app.example.com@evil.example',
  'app.example.com.evil.example',
  'app.example.com%40evil.example',
  '[::1]',
  '0x7f000001',
  'evil%E3%80%82example',
  'evil\u3002example',
  'alert(1)',
  '%00',
  '%0d%0aSet-Cookie:a=b',
  '"><script>',
  "'",
  '<',
  'a b',
]

describe('returnTo (L1)', () => {
  const strings = schemes.flatMap((scheme) => slashes.flatMap((slash) => hosts.map((host) => `${scheme}${slash}${host}`)))

  test(`keeps to our origin for ${strings.length} ways to write another one`, () => {
    const strays = strings.filter((text) => landing(returnPath(text, '/bff')).origin !== ours)
    expect(strays).toEqual([])
    const unprintable = strings.filter((text) => !/^\/(?![/\\])[!-~]*$/.test(returnPath(text, '/bff')))
    expect(unprintable).toEqual([])
  })

  test('keeps to our origin for anything at all', () => {
    const piece = fc.constantFrom(...schemes, ...slashes, ...hosts, '%', '.', '..', ':', '@', '?', '#')
    const text = fc.oneof(
      anyText(),
      fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (wanted) => {
        const path = returnPath(wanted, '/bff')
        return landing(path).origin === ours && path.startsWith('/')
      }),
      { numRuns: 5_000 },
    )
  })

  test.each(['/', '/chat', '/chat?a=1&b=%2F#top', '/bff/ops', '/caf%C3%A9', "/it's"])('goes to %s', (path) => {
    expect(returnPath(path, '/bff')).toBe(path)
  })

  test.each([
    undefined,
    '',
    'chat',
    '/bff/auth/login',
    '/bff/auth/login?returnTo=/bff/auth/login',
    '/x/../bff/auth/callback',
    `/${'x'.repeat(600)}`,
  ])('goes to / instead of %s', (path) => {
    expect(returnPath(path, '/bff')).toBe('/')
  })
})
