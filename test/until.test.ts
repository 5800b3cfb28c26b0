/** The one way in which tests wait (test/support/until.ts); test/patterns.test.ts refuses others. */
import { describe, expect, test } from '@jest/globals'
import { testDeadline, until } from './support/until.ts'

const limits = globalThis as { [testDeadline]?: number }

describe('until', () => {
  test('gives the first truthy value, or the first that is accepted', async () => {
    const values = [undefined, 0, '', 'there']
    expect(await until(() => values.shift())).toBe('there')
    const counts = [1, 2, 3, 4]
    expect(
      await until(
        async () => counts.shift()!,
        (count) => count > 2,
      ),
    ).toBe(3)
  })

  test('a look that throws ends it', async () => {
    const look = () => Promise.reject(new Error('broken'))
    await expect(until(look)).rejects.toThrow('broken')
  })

  test('knows the limit of its test', () => {
    const left = limits[testDeadline]! - performance.now()
    expect([left > 0, left <= 7_000]).toEqual([true, true])
  }, 7_000)

  test('gives up before jest does, and says what was waited for and what was seen last', async () => {
    limits[testDeadline] = performance.now() + 2_100
    const status = () => 503
    await expect(until(status, (it) => it === 200)).rejects.toThrow(
      /^waited \d+ ms for \(it\) *=> *it === 200 of \(\) *=> *503; seen last: 503$/,
    )
  })
})
