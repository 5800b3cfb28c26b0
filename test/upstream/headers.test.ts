/** Headers are invited, and a wait is understood in both forms. */
import { describe, expect, test } from '@jest/globals'
import { requestHeaders, requestId, retryAfter } from '../../src/upstream/headers.ts'

const now = Date.parse('2026-03-02T10:00:00Z')

describe('headers', () => {
  test('a request without a body has five, one with a body says what it is', () => {
    const few = {
      accept: 'application/json',
      'accept-encoding': 'identity',
      authorization: 'X',
      traceparent: '00-t-s-00',
      'user-agent': 'smooch-bff',
    }
    expect(requestHeaders('X', '00-t-s-00')).toEqual(few)
    expect(requestHeaders('X', '00-t-s-00', 'a/b')).toEqual({ ...few, 'content-type': 'a/b' })
  })

  test.each([
    [undefined, undefined],
    [['1', '2'], undefined],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['0', 1],
    ['7', 7],
    ['86400', 60],
    ['9'.repeat(400), 60],
    ['Mon, 02 Mar 2026 10:00:07 GMT', 7],
    ['Mon, 02 Mar 2026 09:00:00 GMT', 1],
    ['Tue, 03 Mar 2026 10:00:00 GMT', 60],
  ])('Retry-After %s is %s', (value, seconds) => {
    expect(retryAfter(value, now)).toBe(seconds)
  })

  test('a request id is taken for the log only when it is fit for a line', () => {
    expect(requestId('a-1:b/c+d=')).toBe('a-1:b/c+d=')
    for (const value of [undefined, '', 'a b', 'a"b', 'é', 'x'.repeat(129)]) expect(requestId(value)).toBeUndefined()
  })
})
