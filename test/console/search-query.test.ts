/** The words of the search field. */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { filterOf, isFaulty, lacksZone, parse, textOf } from '../../src/console/pages/search-query.ts'

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

  test.each([
    'state:maybe',
    'state:open,maybe',
    'from:someday',
    'action:remove',
    '-from:1d',
    '-state:maybe',
    'from:2026-02-30',
    'zone:Mars',
    '-zone:UTC',
    'zone:UTC zone:UTC',
  ])('%s is told, and finds nothing', (text) => {
    const words = parse(`${text} target:x`)
    expect([words[0], words.at(-1)].map((word) => word?.fault !== undefined)).toEqual([true, false])
    expect(isFaulty(words)).toBe(true)
    expect(() => filterOf(words)).toThrow(expect.objectContaining({ code: 'bad_request' }))
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
    expect(filter('from:yesterday to:yesterday')).toEqual({ from: new Date('2026-03-09T00:00:00Z'), to: new Date('2026-03-10T00:00:00Z') })
    expect(filter('to:2026-03-01T09:30:00Z')).toEqual({ to: new Date('2026-03-01T09:30:00Z') })
  })

  // A zone with summer time, one with an odd offset, an offset, and one that left out a whole day.
  test.each([
    ['from:yesterday to:today zone:Europe/Berlin', '2026-03-09T23:00', '2026-03-11T23:00'],
    ['from:2026-03-29 to:2026-03-29 zone:Europe/Berlin', '2026-03-28T23:00', '2026-03-29T22:00'],
    ['zone:Europe/Berlin from:2026-10-25 to:2026-10-25', '2026-10-24T22:00', '2026-10-25T23:00'],
    ['from:2026-03-29T02:30 to:2026-10-25T02:30 zone:Europe/Berlin', '2026-03-29T01:30', '2026-10-25T00:30'],
    ['from:2026-01-01 to:2026-01 zone:Asia/Kathmandu', '2025-12-31T18:15', '2026-01-31T18:15'],
    ['from:2026-01-01T09:30 to:2026-01-01T09:30Z zone:+02:00', '2026-01-01T07:30', '2026-01-01T09:30'],
    ['from:2011-12-29 to:2011-12-29 zone:Pacific/Apia', '2011-12-29T10:00', '2011-12-30T10:00'],
    ['from:2026-01 to:2026-01', '2026-01-01T00:00', '2026-02-01T00:00'],
  ])('%s', (text, from, to) => {
    expect(filterOf(parse(text), Date.UTC(2026, 2, 10, 23, 30))).toEqual({ from: new Date(`${from}Z`), to: new Date(`${to}Z`) })
  })

  test('a search says that it lacks a zone only where one would matter', () => {
    const lacking = ['from:today', 'to:2026-01-31', 'from:2026-01-31T09:00']
    const complete = ['from:24h', 'from:2026-01-31T09:00Z', 'to:2026-01-31T09:00-05:00', 'from:today zone:UTC', 'zone:UTC', 'x']
    expect([...lacking, ...complete].filter((text) => lacksZone(parse(text)))).toEqual(lacking)
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
