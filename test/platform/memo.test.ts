/** What a pure function gave is remembered within a bound, and what is asked again outlives what is not. */
import { expect, test } from '@jest/globals'
import { memo } from '../../src/platform/memo.ts'

const counting = (most: number) => {
  const made: string[] = []
  const get = memo(most, (text) => {
    made.push(text)
    return text.startsWith('junk') ? undefined : text.length
  })
  return { made, get }
}

test('is made once, and again only after many others', () => {
  const { made, get } = counting(10)
  expect([get('a'), get('a')]).toEqual([1, 1])
  for (let at = 0; at < 9; at += 1) get(`other-${at}`)
  get('a')
  expect(made.filter((text) => text === 'a')).toHaveLength(1)
  for (let at = 0; at < 30; at += 1) get(`more-${at}`)
  get('a')
  expect(made.filter((text) => text === 'a')).toHaveLength(2)
})

test('what is asked for again and again stays, however many others come', () => {
  const { made, get } = counting(10)
  for (let at = 0; at < 1_000; at += 1) {
    get('a')
    get(`other-${at}`)
  }
  expect(made.filter((text) => text === 'a')).toHaveLength(1)
})

test('junk pushes nothing out', () => {
  const { made, get } = counting(10)
  get('a')
  for (let at = 0; at < 1_000; at += 1) get(`junk-${at}`)
  get('a')
  expect(made.filter((text) => text === 'a')).toHaveLength(1)
})
