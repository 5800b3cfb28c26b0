import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { load } from '../../config/load.ts'
import type { ClaimRules } from '../../config/providers.ts'
import { loadProviders } from '../../config/providers.ts'
import { personOf } from '../../src/sign-in/claims.ts'

const rules = (more: Partial<ClaimRules> = {}): ClaimRules => ({ userId: 'sub', prefix: '', roleMap: {}, defaultRoles: ['user'], ...more })

describe('claims', () => {
  test('name the user by the claim that was chosen, with its prefix', () => {
    expect(personOf(rules({ userId: 'ext.customer', prefix: 'shop:' }), ['shop:'], { sub: 'x', ext: { customer: 4711 } }).userId).toBe(
      'shop:4711',
    )
    expect(personOf(rules({ userId: 'https://acme.example/id' }), [''], { sub: 'x', 'https://acme.example/id': 'y' }).userId).toBe('y')
  })

  test.each([{}, { sub: '' }, { sub: null }])('that do not say who it is let nobody in: %j', (claims) => {
    expect(() => personOf(rules(), [''], claims)).toThrow('did not say who you are')
  })

  test('give roles by the map, from a list or from words, and nothing by names of the language', () => {
    const mapped = rules({ roles: 'realm.roles', roleMap: { support: 'agent', lead: 'admin' } })
    for (const roles of [['support', 'lead', 'root', 'constructor', '__proto__'], 'support lead admin'])
      expect(personOf(mapped, [''], { sub: 'x', realm: { roles } }).roles).toEqual(['user', 'agent', 'admin'])
  })

  test('that give no role are refused', () => {
    expect(() => personOf(rules({ defaultRoles: [] }), [''], { sub: 'x' })).toThrow('no role of yours opens anything here')
  })

  test('that hold what nobody can see name nobody, be it a user or staff', () => {
    const staff = { roles: 'r', roleMap: { s: 'agent' }, defaultRoles: [] } as const
    for (const more of [{}, staff])
      expect(() => personOf(rules(more), [''], { sub: 'x\u3164', r: ['s'] })).toThrow('The claim sub of the identity provider holds U+3164')
  })

  test('give a name as its script needs it, and the next one when nothing of it can be seen', () => {
    const named = (claims: object) => personOf(rules(), [], { sub: 's-1', ...claims }).actor?.name
    expect(named({ name: 'می\u200cخواهم' })).toBe('می\u200cخواهم')
    expect(named({ name: '\u3164 \u2800', preferred_username: 'mina' })).toBe('mina')
    expect(named({ name: '\u200b' })).toBeUndefined()
  })

  test('of staff who are no users name an actor and no user', () => {
    const staff = personOf(rules({ roles: 'r', roleMap: { s: 'agent' }, defaultRoles: [], prefix: 'corp:' }), ['corp:'], {
      sub: 'x',
      r: ['s'],
      name: 'A\u202e\nB',
    })
    expect(staff).toMatchObject({ userId: undefined, actor: { id: 'corp:x', name: 'AB' }, roles: ['agent'] })
  })

  test('that do not say when the person proved who they are count as long ago', () => {
    expect(personOf(rules(), [''], { sub: 'x' }).authTime).toBe(0)
    expect(personOf(rules(), [''], { sub: 'x', iat: 20, auth_time: 12.5 }).authTime).toBe(12)
  })

  test('of two issuers never come to one userId', () => {
    const prefixes = ['', 'a', 'ab:', 'b:']
    const sub = fc.stringMatching(/^[ab:x]{1,6}$/)
    fc.assert(
      fc.property(sub, sub, fc.constantFrom(...prefixes), fc.constantFrom(...prefixes), (one, two, p, q) => {
        fc.pre(p !== q)
        const idOf = (prefix: string, claim: string) => {
          try {
            return personOf(rules({ prefix }), prefixes, { sub: claim }).userId
          } catch {
            return undefined
          }
        }
        const [a, b] = [idOf(p, one), idOf(q, two)]
        return a === undefined || b === undefined || a !== b
      }),
      { numRuns: 3_000 },
    )
  })
})

test('two issuers with the same prefix are refused at the start', () => {
  const { settings } = load({
    SMOOCH_BASE_URL: 'http://127.0.0.1:1',
    SMOOCH_APP_ID: 'a',
    SMOOCH_KEY_ID: 'app_x',
    SMOOCH_KEY_SECRET: 'x'.repeat(20),
    SESSION_KEYS: `k:${'x'.repeat(32)}`,
    SESSION_PEPPERS: `k:${'x'.repeat(32)}`,
    OIDC_ISSUER: 'https://one.example',
    OIDC_CLIENT_ID: 'x',
    OIDC_CLIENT_SECRET: 'x'.repeat(20),
    TRUSTED_ISSUERS: 'https://two.example api',
  })
  expect(() => loadProviders(settings)).toThrow('https://two.example and https://one.example need different prefixes')
})
