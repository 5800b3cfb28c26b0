/** What can be searched for, and how it is counted. */
import { expect, test } from '@jest/globals'
import { all } from '../../src/contract/operations.ts'
import { actionNames, fullName, groupOf, leftOf, shortNames, wordsFor } from '../../src/journal/event/actions.ts'

test('what leaves an event can be searched for, and nothing else that the vendor offers', () => {
  for (const { id, journal } of all) expect([id, actionNames.includes(id)]).toEqual([id, journal !== 'none'])
})

test('a short name stands for one action, and is not the full name of another', () => {
  expect(new Set(shortNames.map(fullName)).size).toBe(shortNames.length)
  for (const short of shortNames)
    expect([short, actionNames.includes(short), actionNames.includes(fullName(short))]).toEqual([short, false, true])
})

test('every action that destroys is counted as such', () => {
  const destroying = all.filter(({ journal }) => journal === 'guarded').map(({ id }) => groupOf(id))
  expect(destroying).not.toContain('written')
})

test.each([
  ['delete_app_user', 'givenName', 'gone'],
  ['delete_app_user_profile', 'clients', 'without names, pictures and raw data'],
  ['delete_app_user_profile', 'userId', 'unchanged'],
  ['merge_users', 'discarded', 'gone'],
  ['unlink_app_user', 'clients', 'without that channel'],
  ['unlink_app_user', 'pendingClients', 'unchanged'],
  ['link_app_user', 'pendingClients', 'with the new channel'],
  ['update_app_user', 'givenName', 'unchanged'],
  ['archive_app_user', 'givenName', 'unchanged'],
])('%s leaves %s %s', (name, field, left) => {
  expect(leftOf(name, field)).toBe(left)
})

test('an action of another version is told by its name, whatever that is', () => {
  for (const name of ['archive_app_user', 'constructor', '__proto__'])
    expect([wordsFor(name).past, groupOf(name), fullName(name)]).toEqual([name.replaceAll('_', ' '), 'written', name])
})
