/** `POST /auth/sessions/end` looked at the caller's role alone: an agent could end an admin's sessions. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Role } from '../../../src/contract/operation.ts'
import { type Bff, type Carried, startBff } from '../../support/bff.ts'

let bff: Bff
beforeAll(async () => {
  bff = await startBff()
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})
const person = (userId: string, roles: Role[], kind: 'bearer' | 'service' = 'bearer') =>
  bff.signIn({ kind, userId, actor: { id: userId }, roles })
const end = async (headers: Carried, userId: string) => (await bff.call('POST', '/auth/sessions/end', { headers, json: { userId } })).status
const lives = async (headers: Carried) => (await bff.call('GET', '/auth/session', { headers })).json.signedIn

test.each<[string, Role[], 'bearer' | 'service']>([
  ['an admin', ['user', 'admin'], 'bearer'],
  ['an agent', ['agent'], 'bearer'],
  ['an auditor', ['user', 'auditor'], 'bearer'],
  ['a program', ['user'], 'service'],
])('an agent does not end the sessions of %s, an admin does', async (who, roles, kind) => {
  const userId = who.replace(' ', '-')
  const [agent, admin] = [await person('agent-7', ['agent']), await person('admin-1', ['admin'])]
  // Beside the one of staff there is one of an end user, under the same id.
  const theirs = [await person(userId, roles, kind), await person(userId, ['user'])]
  expect(await end(agent, userId)).toBe(403)
  expect(await Promise.all(theirs.map(lives))).toEqual([true, true])
  expect(await end(admin, userId)).toBe(204)
  expect(await Promise.all(theirs.map(lives))).toEqual([false, false])
})

test("an agent ends a user's sessions; a user, an auditor and a program with other roles end nobody's", async () => {
  const theirs = await person('plain', ['user'])
  for (const roles of [['user'], ['auditor'], ['service']] as Role[][]) expect(await end(await person('x', roles), 'plain')).toBe(403)
  expect(await end(await person('agent-7', ['agent']), 'plain')).toBe(204)
  expect(await lives(theirs)).toBe(false)
})

test('somebody whose roles were last set to staff counts as staff before the next sign-in', async () => {
  const theirs = await person('promoted', ['user'])
  await bff.private('POST', '/sessions/roles', { userId: 'promoted', roles: ['user', 'admin'] })
  expect(await end(await person('agent-7', ['agent']), 'promoted')).toBe(403)
  expect(await lives(theirs)).toBe(true)
})
