/** A service session that ended with its person, who was deleted, was still listed as if it lived. */
import { expect, test } from '@jest/globals'
import { appId, startBff } from '../support/bff.ts'

test('a program whose person was deleted is not listed any more', async () => {
  await using bff = await startBff()
  bff.sandbox.createUser(appId, { userId: 'robot' })
  await bff.signIn({ kind: 'service', userId: 'robot', actor: { id: 'robot' } })
  const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'a' } })
  const listed = async () => (await bff.private('GET', '/sessions')).json.sessions as unknown[]
  expect(await listed()).toHaveLength(1)
  expect((await bff.call('DELETE', '/v1.1/appusers/robot', { headers: admin })).status).toBe(200)
  expect(await listed()).toEqual([])
})
