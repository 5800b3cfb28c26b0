/** Queries hold exactly what their route takes. */
import { expect, test } from '@jest/globals'
import { checkQuery } from '../../../src/http/request/query.ts'

const detailOf = (raw: string, allowed: string[]): string => {
  try {
    checkQuery(raw, allowed)
    return 'passed'
  } catch (problem) {
    return (problem as Error).message
  }
}

test('the parameters of the route are read, each once', () => {
  expect(checkQuery('', [])).toEqual({})
  expect(checkQuery('integrationIds=a%2Cb+c', ['integrationIds'])).toEqual({ integrationIds: 'a,b c' })
})

test.each([
  ['a=1', [], 'unknown parameter; this path takes none'],
  ['__proto__=1', ['a'], 'unknown parameter; known here: a'],
  ['a[]=1', ['a'], 'Write a without brackets, once; join several values by commas.'],
  ['a%5B0%5D=1', ['a'], 'Write a without brackets'],
  ['b[]=1', ['a'], 'unknown parameter'],
  ['a=1&a=2', ['a'], 'join several values by commas'],
  ['a=1&', ['a'], 'unknown parameter'],
  ['a=1&a=1', ['a'], 'a may appear once'],
  ['a=1&%61=2', ['a'], 'a may appear once'],
  ['a=%zz', ['a'], 'malformed percent sign'],
  ['a=%ff', ['a'], 'malformed percent sign'],
  ['a=%0a', ['a'], 'control character'],
  ['', ['a'], 'a is required'],
  ['a', ['a'], 'a is required'],
])('%s is refused', (raw, allowed, detail) => {
  expect(detailOf(raw, allowed)).toContain(detail)
})
