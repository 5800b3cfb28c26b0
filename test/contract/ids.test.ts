/** The rules for ids. */
import { expect, test } from '@jest/globals'
import { looksLikeSmoochId, pathId, provableId } from '../../src/contract/ids.ts'

const codeOf = (check: () => unknown): unknown => {
  try {
    check()
    return 'passed'
  } catch (problem) {
    return (problem as { code?: string }).code
  }
}

test.each(['u1', 'steveb@channel5.com', 'zoë', '张伟', 'a b', '...', 'a:b', 'a&b=c', '😀'.repeat(256), 'a'.repeat(256)])(
  '%s may stand in a path',
  (id) => {
    expect(pathId(id)).toBe(id)
  },
)

test.each([
  '',
  '.',
  '..',
  'a/b',
  'a\\b',
  'a%b',
  'a?b',
  'a#b',
  'a;b',
  'a\nb',
  'a\u0000',
  'a\u0085b',
  'a\u202Eb',
  'a\u200Bb',
  '\uFEFFa',
  'a\uD800',
  'a'.repeat(257),
  'zoe\u0308',
])('%j may not', (id) => {
  expect(codeOf(() => pathId(id))).toBe('invalid_id')
})

test('from a session, a mint or a body an id may hold what would end a path segment', () => {
  for (const id of ['tenant/42', 'acme#7', 'a?b', '50%', 'a\\b', 'zoe\u0308', 'x'.repeat(1024)]) expect(provableId(id)).toBe(id)
  for (const id of ['', '.', '..', 'a\uDC00', 'a\r\nb', '\u0000', 'x'.repeat(1025)])
    expect(codeOf(() => provableId(id))).toBe('bad_request')
})

test('24 hex digits look like the vendor’s own id', () => {
  expect(looksLikeSmoochId('5963c0d619a30a2e00de36b8')).toBe(true)
  for (const id of ['5963c0d619a30a2e00de36b', '5963c0d619a30a2e00de36b8a', 'g963c0d619a30a2e00de36b8', '5963c0d619a30a2e00de36b8\n']) {
    expect(looksLikeSmoochId(id)).toBe(false)
  }
})
