/** The words of the search field. */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { filterOf, isFaulty, parse, textOf } from '../../src/console/pages/search-query.ts'

const now = Date.UTC(2026, 2, 10, 12)

describe('words', () => {
  test.each([
    ['cust-1', [{ key: 'any', value: 'cust-1' }]],
    ['"target:x"', [{ key: 'any', value: 'target:x' }]],
    ['-actor:ada', [{ key: 'actor', value: 'ada', not: true }]],
    ['reason:fraud,test', [{ key: 'reason', value: 'fraud,test' }]],
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
    ['tenant:42', [{ key: 'any', value: 'tenant:42', unknownKey: 'tenant' }]],
    ['  target:  ', [{ key: 'any', value: 'target:', unknownKey: 'target' }]],
    ['', []],
  ])('%s', (text, words) => {
    expect(parse(text)).toEqual(words)
  })

  test('a key given twice gives alternatives; what must not fit and what was pasted stand each by itself', () => {
    expect(filterOf(parse('target:u-2 target:u-3 -actor:a -actor:b x y'))).toEqual({
      conditions: [
        { field: 'target', values: ['u-2', 'u-3'] },
        { field: 'actor', values: ['a'], not: true },
        { field: 'actor', values: ['b'], not: true },
        { field: 'any', values: ['x'] },
        { field: 'any', values: ['y'] },
      ],
    })
    expect(parse('from:1d from:2d').map(({ fault }) => fault)).toEqual(['given once', undefined])
  })

  test.each(['state:maybe', 'state:open,maybe', 'from:someday', 'action:remove', '-from:1d', '-state:maybe'])(
    '%s is told, and finds nothing',
    (text) => {
      const words = parse(`${text} target:x`)
      expect(words.map(({ fault }) => fault !== undefined)).toEqual([true, false])
      expect(isFaulty(words)).toBe(true)
      expect(() => filterOf(words)).toThrow(expect.objectContaining({ code: 'bad_request' }))
    },
  )

  test('of time: a day, a moment, how long ago; a day as the end is included', () => {
    const filter = (text: string) => filterOf(parse(text), now)
    expect(filter('from:2026-03-01 to:2026-03-02')).toEqual({
      from: new Date('2026-03-01T00:00:00Z'),
      to: new Date('2026-03-03T00:00:00Z'),
    })
    expect(filter('from:2026-03-01T09:30+02:00')).toEqual({ from: new Date('2026-03-01T07:30:00Z') })
    expect(filter('from:24h')).toEqual({ from: new Date(now - 86_400_000) })
    expect(filter('from:today')).toEqual({ from: new Date('2026-03-10T00:00:00Z') })
    expect(filter('from:yesterday to:yesterday')).toEqual({ from: new Date('2026-03-09T00:00:00Z'), to: new Date('2026-03-10T00:00:00Z') })
    expect(filter('to:2026-03-01T09:30:00Z')).toEqual({ to: new Date('2026-03-01T09:30:00Z') })
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
    expect(filterOf(parse('action:delete,merge_users')).conditions).toEqual([
      { field: 'action', values: ['delete_app_user', 'merge_users'] },
    ])
  })

  test('written out and read again are the same', () => {
    const value = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('"') && text.trim() === text && text !== '')
    fc.assert(
      fc.property(value, value, value, (target, actor, any) => {
        const words = [
          { key: 'target', value: target },
          { key: 'actor', value: actor, not: true },
          { key: 'any', value: any },
        ] as const
        expect(parse(textOf(words))).toEqual(words)
      }),
    )
  })
})
