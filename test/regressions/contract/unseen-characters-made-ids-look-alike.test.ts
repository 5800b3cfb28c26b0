/** Fillers, variation selectors, blanks and the empty Braille pattern were taken in ids although nobody can see them, and a text of nothing else cleared a profile, or stood for a name or a note. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { hiddenIn, newId, pathId, provableId } from '../../../src/contract/ids.ts'
import { isBlank } from '../../../src/contract/text.ts'
import { type Bff, type Carried, startBff } from '../../support/bff.ts'
import { journalCli } from '../../support/journal-cli.ts'

const refuses = (check: (id: string) => string, id: string): boolean => {
  try {
    check(id)
    return false
  } catch {
    return true
  }
}

test('no character that has no shape of its own may stand in an id, wherever ids are proved', () => {
  const shapeless = /[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\u2800]/u
  const wrong: string[] = []
  for (let at = 0; at <= 0x10ffff; at += 1) {
    if (at === 0x20 || (at >= 0xd800 && at <= 0xdfff)) continue
    const character = String.fromCodePoint(at)
    if (!shapeless.test(character) || (at >= 0xe0000 && at <= 0xe0fff && at % 64)) continue
    // Beside digits, where no joiner belongs.
    for (const check of [pathId, newId, provableId]) if (!refuses(check, `1${character}2`)) wrong.push(at.toString(16))
  }
  expect(wrong).toEqual([])
})

test.each([
  ['a joiner of graphemes', '\u034f', 'U+034F'],
  ['a Hangul filler', '\u3164', 'U+3164'],
  ['a leading filler', '\u115f', 'U+115F'],
  ['a vowel filler', '\u1160', 'U+1160'],
  ['a half-width filler', '\uffa0', 'U+FFA0'],
  ['the empty Braille pattern', '\u2800', 'U+2800'],
  ['a variation selector', '\ufe0f', 'U+FE0F'],
  ['a variation selector beyond the first plane', '\u{e0100}', 'U+E0100'],
  ['a Mongolian selector', '\u180b', 'U+180B'],
  ['a Khmer vowel that is not drawn', '\u17b4', 'U+17B4'],
  ['a space that does not break', '\u00a0', 'U+00A0'],
  ['an ideographic space', '\u3000', 'U+3000'],
  ['a thin space', '\u2009', 'U+2009'],
  ['an Ogham space', '\u1680', 'U+1680'],
  ['a tag', '\u{e0041}', 'U+E0041'],
  ['a tab', '\t', 'U+0009'],
])('%s is named in the refusal', (_what, character, name) => {
  expect(hiddenIn(`ab${character}cd`)).toBe(`holds ${name}, a character that cannot be seen`)
})

test('a plain space is seen within an id and not at its ends; joiners belong to words; all scripts and emoji are as they were', () => {
  for (const id of [
    'a b',
    'zoë',
    '张伟',
    'می\u200cخواهم',
    'क्\u200dष',
    'ന്\u200d\u0d31',
    '한글',
    'ខ្មែរ',
    'ᠮᠣᠩᠭᠣᠯ',
    '😀',
    'a@b.example',
    '⠓⠑',
  ]) {
    expect([pathId(id), newId(id), provableId(id)]).toEqual([id, id, id])
    expect(isBlank(id)).toBe(false)
  }
  for (const id of [' a', 'a ', ' ']) {
    expect(hiddenIn(id)).toBe('begins or ends with a space')
    for (const check of [pathId, newId, provableId]) expect(refuses(check, id)).toBe(true)
  }
})

describe('the service', () => {
  let bff: Bff
  let admin: Carried
  beforeAll(async () => {
    bff = await startBff()
    admin = await bff.signIn({ roles: ['admin', 'agent'], actor: { id: 'ada' } })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })
  beforeEach(() => void bff.sent())

  test('neither reads, creates nor signs in anybody under such an id, nor takes one for an actor', async () => {
    const id = 'cust\u3164-1'
    const read = await bff.call('GET', `/v1.1/appusers/${encodeURIComponent(id)}`, { headers: admin })
    expect([read.status, read.json.error.code]).toEqual([400, 'invalid_id'])
    const made = await bff.call('POST', '/v1.1/appusers', { headers: admin, json: { userId: id } })
    const minted = await bff.private('POST', '/sessions', { kind: 'bearer', userId: id })
    const actor = await bff.private('POST', '/sessions', { kind: 'service', roles: ['agent'], actor: { id } })
    const behalf = await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'cust-1', onBehalfOf: id })
    for (const answer of [read, made, minted, actor, behalf])
      expect([answer.status >= 400, answer.json.detail]).toEqual([true, expect.stringContaining('U+3164')])
    expect(bff.sent()).toBe(0)
  })

  const blanks: [string, string][] = [
    ['fillers', '\u3164\u115f'],
    ['empty Braille patterns', '\u2800\u2800'],
    ['selectors', '\ufe0f\u{e0100}'],
    ['an ignorable joiner', '\u034f'],
    ['spaces of all kinds', ' \u00a0\u3000\u2003\u1680'],
    ['marks that take no room', '\u200b\u2060\ufeff'],
  ]
  test.each(blanks)('takes %s for no text: of a profile, a property, a name, a note', async (_what, blank) => {
    for (const json of [{ givenName: blank }, { avatarUrl: blank }, { properties: { plan: blank } }]) {
      const answer = await bff.call('PUT', '/v1.1/appusers/cust-20481', { headers: admin, json })
      expect([answer.status, answer.json.detail]).toEqual([400, expect.stringContaining('delete_app_user_profile')])
    }
    const named = await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'cust-1', actor: { id: 'cust-1', name: blank } })
    expect(named.status).toBe(400)
    const headers = { ...admin, 'audit-note': encodeURIComponent(blank) }
    const noted = await bff.call('DELETE', '/v1.1/appusers/cust-20481/profile', { headers })
    expect([noted.status, noted.json.detail]).toEqual([400, expect.stringMatching(/^audit-note: /)])
    const resolved = await bff.call('POST', '/ops/api/operations/op_x/resolve', {
      headers: admin,
      json: { verdict: 'applied', note: blank },
    })
    expect([resolved.status, resolved.json.detail]).toEqual([400, 'note: must hold at least one visible character'])
    const { code, text } = await journalCli({ JOURNAL_URL: `sqlite:${bff.journalFile}` }, [
      'resolve',
      'op_x',
      '--verdict',
      'applied',
      '--by',
      blank,
    ])
    expect([code === 0, text]).toEqual([false, expect.stringContaining('--by needs a value')])
    expect(bff.sent()).toBe(0)
  })

  test('a name may hold what its script needs', async () => {
    for (const name of ['مینا می\u200cخواهم', '山田\u3000太郎', 'Jean\u00a0Paul', 'Mina ❤\ufe0f']) {
      const minted = await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'cust-1', actor: { id: 'cust-1', name } })
      expect(minted.status).toBe(201)
    }
  })
})
