/** `me` names the caller in every path, but a person of that name could be given a session or be created, and never be reached by anyone else. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'

test('nobody is called me', async () => {
  await using bff = await startBff()
  expect((await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'me' })).status).toBe(400)
  const headers = await bff.signIn({ roles: ['agent', 'admin'], actor: { id: 'ada' } })
  expect((await bff.call('POST', '/v1.1/appusers', { headers, json: { userId: 'me' } })).status).toBe(400)
})
