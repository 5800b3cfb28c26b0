/** `Idempotency-Key:` without a value counted as no key, so a client whose key had got lost sent its deletion twice without a word. */
import { expect, test } from '@jest/globals'
import { appId, startBff } from '../../support/bff.ts'

test('an empty key is refused, and nothing is sent', async () => {
  await using bff = await startBff()
  const headers = { ...(await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })), 'idempotency-key': '' }
  const user = bff.sandbox.createUser(appId, {})
  bff.sent()
  expect((await bff.call('DELETE', `/v1.1/appusers/${user._id}`, { headers })).status).toBe(400)
  expect((await bff.call('POST', '/v1.1/appusers', { headers, json: { userId: 'new' } })).status).toBe(400)
  expect(bff.sent()).toBe(0)
})
