/** The words of the search field. */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { filterOf, parametersOf, parse, textOf } from '../../src/console/pages/search-query.ts'

const now = Date.UTC(2026, 2, 10, 12)

describe('words', () => {
  test.each([
    ['cust-1', [{ key: 'target', value: 'cust-1' }]],
    [
      'target:a state:open',
      [
        { key: 'target', value: 'a' },
        { key: 'state', value: 'open' },
      ],
    ],
    [
      'actor:"Ada L" action:delete',
      [
        { key: 'actor', value: 'Ada L' },
        { key: 'action', value: 'delete' },
      ],
    ],
    ['tenant:42', [{ key: 'target', value: 'tenant:42' }]],
    ['  target:  ', [{ key: 'target', value: 'target:' }]],
    ['', []],
  ])('%s', (text, words) => {
    expect(parse(text)).toEqual(words)
  })

  test('a key given twice: the last counts, and it is said that the other does not', () => {
    for (const text of ['u-2 u-3', 'target:u-2 u-3']) {
      expect(parse(text)).toEqual([
        { key: 'target', value: 'u-2', fault: 'given once: the last one counts' },
        { key: 'target', value: 'u-3' },
      ])
      expect(filterOf(parse(text))).toEqual({ target: 'u-3' })
    }
  })

  test('that make no sense are told and narrow nothing', () => {
    const words = parse('state:maybe from:yesterday action:remove target:x')
    expect(words.map(({ fault }) => fault !== undefined)).toEqual([true, true, true, false])
    expect(filterOf(words)).toEqual({ target: 'x' })
  })

  test('of time: a day, a moment, how long ago; a day as the end is included', () => {
    const filter = (text: string) => filterOf(parse(text), now)
    expect(filter('from:2026-03-01 to:2026-03-02')).toEqual({
      from: new Date('2026-03-01T00:00:00Z'),
      to: new Date('2026-03-03T00:00:00Z'),
    })
    expect(filter('from:2026-03-01T09:30+02:00')).toEqual({ from: new Date('2026-03-01T07:30:00Z') })
    expect(filter('from:24h')).toEqual({ from: new Date(now - 86_400_000) })
    expect(filter('from:today')).toEqual({ from: new Date('2026-03-10T00:00:00Z') })
    expect(filter('to:2026-03-01T09:30:00Z')).toEqual({ to: new Date('2026-03-01T09:30:00Z') })
    expect(String(parametersOf(parse('target:a b:c from:7d'), now))).toBe('target=b%3Ac&from=2026-03-03T12%3A00%3A00.000Z')
  })

  test('a time without a zone is in UTC, wherever the server stands', () => {
    const script =
      "import { filterOf, parse } from './src/console/pages/search-query.ts'; console.log(filterOf(parse('from:2026-03-01T09:30')).from.toISOString())"
    const env = { ...process.env, TZ: 'America/New_York' }
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { env }).toString().trim()).toBe(
      '2026-03-01T09:30:00.000Z',
    )
  })

  test('short names of actions', () => {
    expect(filterOf(parse('action:delete'))).toEqual({ action: 'delete_app_user' })
    expect(filterOf(parse('action:merge_users'))).toEqual({ action: 'merge_users' })
  })

  test('written out and read again are the same', () => {
    const value = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('"') && text.trim() === text && text !== '')
    fc.assert(
      fc.property(value, value, (target, actor) => {
        const words = [
          { key: 'target', value: target },
          { key: 'actor', value: actor },
        ] as const
        expect(parse(textOf(words))).toEqual(words)
      }),
    )
  })
})
