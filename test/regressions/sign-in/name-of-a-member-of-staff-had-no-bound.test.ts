/** The id of whoever is no app user, and what a provider calls a person or a session, were taken at any length up to that of the token: they stand in every event, list and record. A list nested in lists thousands deep, below a name that a setting goes by, was an internal error. */
import { expect, test } from '@jest/globals'
import { personOf } from '../../../src/sign-in/claims.ts'
import { startWithProvider } from '../../support/with-provider.ts'

const staff = { userId: 'sub', prefix: 'corp:', roles: 'roles', roleMap: { support: 'agent' }, defaultRoles: [] } as const
const long = 'x'.repeat(1025)

test.each([
  ['sub', { sub: long }, staff],
  ['sub', { sub: 'x'.repeat(1020) }, staff],
  ['sub', { sub: long, customer: 'mina' }, { ...staff, userId: 'customer', defaultRoles: ['user' as const] }],
  ['customer', { sub: 'mina', customer: long }, { ...staff, userId: 'customer', defaultRoles: ['user' as const] }],
  ['sid', { sub: 'mina', sid: long }, staff],
])('a claim %s that is too long is refused in words', (name, claims, rules) => {
  expect(() => personOf(rules, [''], { roles: ['support'], ...claims })).toThrow(
    `The claim ${name} of the identity provider must hold 1 to 1024 characters`,
  )
})

test('the longest name is one of 1024 characters, with its prefix, whatever it takes to write them', () => {
  const { actor } = personOf(staff, [''], { roles: ['support'], sub: '😀'.repeat(1019) })
  expect([...actor!.id]).toHaveLength(1024)
})

test('claims that are nested without end are not there, and no fault of ours', () => {
  let deep: unknown = { support: true }
  for (let at = 0; at < 5_000; at += 1) deep = [deep]
  expect(personOf({ ...staff, roles: 'groups.name', defaultRoles: ['user'] }, [''], { sub: 'mina', groups: deep })).toMatchObject({
    roles: ['user'],
    absentRoles: 'groups.name',
  })
})

test('staff with a name of ten kilobytes do not sign in, and are told why', async () => {
  await using it = await startWithProvider({ OIDC_DEFAULT_ROLES: 'none' })
  const [short, endless] = ['y'.repeat(255), 'y'.repeat(10_240)]
  for (const login of [short, endless]) it.provider.accounts.set(login, { roles: ['support'] })
  expect(await it.who((await it.signIn(short)).headers(it.origin))).toMatchObject({ actor: { id: short }, roles: ['agent'] })
  const walker = await it.signIn(endless)
  expect(await it.who(walker.headers(it.origin))).toEqual({ signedIn: false })
  const { last } = await walker.signIn(`${it.origin}/bff/auth/login`, endless)
  expect([last.status, last.text]).toEqual([401, expect.stringContaining('must hold 1 to 1024 characters')])
})
