/** The words of the search field. */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { filterOf, isFaulty, lacksZone, parse, readSearch, textOf } from '../../src/console/pages/search-query.ts'

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
    ['  target:  ', [{ key: 'target', value: '', fault: 'followed by a value' }]],
    ['', []],
    ['-cust-1', [{ key: 'any', value: 'cust-1', not: true }]],
    ['-"x y"', [{ key: 'any', value: 'x y', not: true }]],
    ['"-x"', [{ key: 'any', value: '-x' }]],
    ['ACTION:Delete', [{ key: 'action', value: 'delete' }]],
    ['target: cust-1', [{ key: 'target', value: 'cust-1' }]],
    ['action:delete, merge', [{ key: 'action', value: 'delete,merge' }]],
    ['state:"not sent"', [{ key: 'state', value: 'not_sent' }]],
    ['actor:"Ada L', [{ key: 'actor', value: 'Ada L' }]],
    ['actor:“Ada L”', [{ key: 'actor', value: 'Ada L' }]],
    ['"ticket": "OPS-1"', [{ key: 'ticket', value: 'OPS-1' }]],
    ['mailto:a@example.org', [{ key: 'any', value: 'a@example.org' }]],
    [
      'https://a.example/bff/ops/?q=action%3Adelete+-x',
      [
        { key: 'action', value: 'delete' },
        { key: 'any', value: 'x', not: true },
      ],
    ],
    ['https://a.example/bff/ops', [{ key: 'any', value: 'https://a.example/bff/ops' }]],
    ['/bff/v1.1/apps/a/appusers/cust%202/channels', [{ key: 'any', value: 'cust 2' }]],
    [
      '2026-01',
      [
        { key: 'from', value: '2026-01' },
        { key: 'to', value: '2026-01' },
      ],
    ],
    [
      '2026-01-01..2026-01-31',
      [
        { key: 'from', value: '2026-01-01' },
        { key: 'to', value: '2026-01-31' },
      ],
    ],
    [
      'from:2w..yesterday',
      [
        { key: 'from', value: '2w' },
        { key: 'to', value: 'yesterday' },
      ],
    ],
    ['2026-01-31..', [{ key: 'from', value: '2026-01-31' }]],
    ['from:2026-01-31 09:30:00 UTC', [{ key: 'from', value: '2026-01-31T09:30:00Z' }]],
    ['"2026-01-31"', [{ key: 'any', value: '2026-01-31' }]],
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
    'zone:ACT',
    'target:""',
    'action:,',
    'AND',
    'OR',
    'NOT',
    '2026-01-31T09:30Z',
    'to:7d from:24h',
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

  test('a value is looked for as it stands, and without what stands around it', () => {
    const valuesOf = (text: string) => filterOf(parse(text)).conditions![0]!.values
    expect(valuesOf('<Ada@Example.org>,')).toEqual(['<Ada@Example.org>,', 'Ada@Example.org', 'ada@example.org'])
    expect(valuesOf('target:a.,(b)')).toEqual(['a.,(b)', 'a', 'b'])
    expect(valuesOf('5963C0D619A30A2E00DE36B8')).toEqual(['5963C0D619A30A2E00DE36B8', '5963c0d619a30a2e00de36b8'])
    expect(valuesOf('reason:"GDPR request"')).toEqual(['GDPR_request', 'gdpr_request'])
  })

  test('an id is found in what was copied with it, and its operation is meant', () => {
    const id = 'op_019ab2c4-5d6e-7f80-91a2-b3c4d5e6f708'
    for (const text of [id.toUpperCase(), `id:${id}`, `(${id}).`, `https://a.example/bff/ops/operations/${id}?q=x`, `"operation":"${id}"`])
      expect([text, parse(text)]).toEqual([text, [{ key: 'any', value: id }]])
    expect(parse('requestId=req_43pD5nVfGRtr8QmGplnt')).toEqual([{ key: 'any', value: 'req_43pD5nVfGRtr8QmGplnt' }])
  })

  test('ends of time: a year, the last day of four digits, and now', () => {
    expect(filterOf(parse('from:2026 to:2026'), now)).toEqual({ from: new Date('2026-01-01T00:00Z'), to: new Date('2027-01-01T00:00Z') })
    expect(filterOf(parse('to:9999-12-31'), now)).toEqual({ to: new Date('9999-12-31T23:59:59.999Z') })
    expect(filterOf(parse('to:now from:2026-03-01T09:30+0200'), now)).toEqual({ from: new Date('2026-03-01T07:30:00Z'), to: new Date(now) })
  })

  test('too many words are told at the last one, and refused where nobody reads', () => {
    const text = 'a '.repeat(21)
    expect(
      readSearch(text)
        .map(({ fault }) => fault)
        .at(-1),
    ).toContain('at most 20 words')
    expect(readSearch(Array(21).fill('a').join(',')).at(-1)?.fault).toContain('at most 20 words')
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'bad_request' }))
  })

  test('written out and read again are the same', () => {
    const odd = ['AND', 'x,', 'target:', '-', '-x', '2026-01-31', 'a..b', '1d..', 'https://a.example/bff/ops?q=x', '“x”', 'op:x', ',']
    const value = fc
      .oneof(fc.string({ minLength: 1, maxLength: 20 }), fc.constantFrom(...odd))
      .filter((text) => !text.includes('"') && text.trim() === text && text !== '')
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
