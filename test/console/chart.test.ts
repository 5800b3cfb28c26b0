/** Charts as few elements: the page's first paint waits for each of them. */
import { expect, test } from '@jest/globals'
import { chart } from '../../src/console/pages/chart.ts'
import { grouped } from '../../src/console/pages/numbers.ts'

test('one path for each kind, one place to point at for each step', () => {
  const none = { deleted: 0, merged: 0, linked: 0, written: 0, denied: 0 }
  const { text } = chart('Two steps', [{ ...none, deleted: 1_200, denied: 300 }, none, { ...none, deleted: 10 }], ['one', 'two', 'three'])
  expect(text.match(/<path/g)).toHaveLength(2)
  expect(/class="k-deleted" d="([^"]+)"/.exec(text)?.[1]?.match(/M[\d.]+ [\d.]+h198\.0v[\d.]+h-198\.0z/g)).toHaveLength(2)
  expect([...text.matchAll(/<rect class="hit"[^>]*><title>([^<]+)/g)].map(([, said]) => said)).toEqual([
    'one: 1200 deleted, 300 denied',
    'two: nothing',
    'three: 10 deleted',
  ])
  expect(text).toContain('<span>1,510 operations</span>')
})

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1,000'],
  [1_234_567, '1,234,567'],
])('%i is written %s', (value, text) => {
  expect(grouped(value)).toBe(text)
})
