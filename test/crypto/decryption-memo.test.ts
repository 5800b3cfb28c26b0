/** What a sealed text said is remembered for exactly that text, within bounds of number and time, and no longer than its keys live. */
import { afterEach, expect, jest, test } from '@jest/globals'
import { Secret } from '../../config/secret.ts'
import { opener } from '../../src/crypto/decryption-memo.ts'
import { keyRing } from '../../src/crypto/key-ring.ts'

const peppers = keyRing(new Secret('p1:first'))

const counting = (ring = peppers) => {
  const openings: string[] = []
  const opened = opener<string>()
  const read = (place: string, sealed: string) =>
    opened.read(ring, place, sealed, () => {
      openings.push(sealed)
      return sealed.startsWith('broken') ? undefined : `${place} says ${sealed}`
    })
  return { openings, read }
}

afterEach(() => {
  jest.useRealTimers()
})

test('the same text in the same place is opened once', () => {
  const { openings, read } = counting()
  expect([read('a', 'x'), read('a', 'x')]).toEqual(['a says x', 'a says x'])
  expect(openings).toEqual(['x'])
})

test('another text is opened, and so is the one before it when it is there again', () => {
  const { openings, read } = counting()
  expect([read('a', 'x'), read('a', 'y'), read('a', 'x')]).toEqual(['a says x', 'a says y', 'a says x'])
  expect(openings).toEqual(['x', 'y', 'x'])
})

test('what was opened in one place says nothing in another', () => {
  const { read } = counting()
  expect([read('a', 'x'), read('b', 'x')]).toEqual(['a says x', 'b says x'])
})

test('what cannot be opened is tried each time', () => {
  const { openings, read } = counting()
  expect([read('a', 'broken'), read('a', 'broken')]).toEqual([undefined, undefined])
  expect(openings).toHaveLength(2)
})

test('nothing is remembered across a change of the key ring', () => {
  const secret = new Secret('p1:first')
  const { openings, read } = counting(keyRing(secret))
  read('a', 'x')
  secret.replace('p2:second,p1:first')
  read('a', 'x')
  expect(openings).toEqual(['x', 'x'])
})

test('what is not asked for is forgotten within a minute, and what is asked for stays', () => {
  jest.useFakeTimers()
  const { openings, read } = counting()
  read('a', 'x')
  for (let at = 0; at < 6; at += 1) {
    jest.advanceTimersByTime(10_000)
    read('b', 'y')
  }
  read('a', 'x')
  expect(openings).toEqual(['x', 'y', 'x'])
})

test('nothing is left of it a minute after the last question', () => {
  jest.useFakeTimers()
  const { read } = counting()
  read('a', 'x')
  expect(jest.getTimerCount()).toBe(1)
  jest.advanceTimersByTime(60_000)
  expect(jest.getTimerCount()).toBe(0)
})

test('so much is remembered and no more', () => {
  const { openings, read } = counting()
  const long = (at: number) => `${at}`.padEnd(50_000, '.')
  for (let at = 0; at < 100; at += 1) read(`place ${at}`, long(at))
  openings.length = 0
  for (let at = 99; at >= 0; at -= 1) read(`place ${at}`, long(at))
  expect(openings.length).toBeGreaterThan(10)
  expect(openings.length).toBeLessThan(70)
})
