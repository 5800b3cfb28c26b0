/** The link to all that somebody did searched for the first word of the name, and for a person called like the second. */
import { expect, test } from '@jest/globals'
import { parse, searchFor } from '../../../src/console/pages/search-query.ts'

test.each([
  'ada',
  'Ada Lovelace',
  'a "quoted name" b',
  '"',
  '"x"',
  'back\\slash',
  'DOMAIN\\ada lovelace',
  'ends in \\',
  'actor:x y',
  'עברית שלום',
])('%s is found by the link to it', (value) => {
  const address = searchFor('/ops', { key: 'actor', value }, { key: 'state', value: 'denied' })
  const text = new URL(address, 'http://a.example').searchParams.get('q')!
  expect(parse(text)).toEqual([
    { key: 'actor', value },
    { key: 'state', value: 'denied' },
  ])
})

test.each([
  ['actor:"DOMAIN\\user name"', 'DOMAIN\\user name'],
  ['actor:"say \\"so\\""', 'say "so"'],
])('%s as a person types it', (text, value) => {
  expect(parse(text)).toEqual([{ key: 'actor', value }])
})
