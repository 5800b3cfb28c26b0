/** A repeat with the same Idempotency-Key, sent while the first was under way, was told 404 when the first had just removed the person. */
import { expect, test } from '@jest/globals'
import { appId, startBff } from '../../support/bff.ts'

test('a repeat that looks at the person after the first has removed it gets the first answer', async () => {
  await using bff = await startBff()
  const user = bff.sandbox.createUser(appId, { userId: 'x' })
  const headers = { ...(await bff.signIn({ roles: ['admin'], actor: { id: 'a' } })), 'idempotency-key': 'k' }
  const remove = () => bff.call('DELETE', `/v1.1/appusers/${user._id}`, { headers })
  // The look of the second is held up until the first is done.
  bff.sandbox.fault({ operation: 'get_app_user', latency: 0, times: 1 })
  bff.sandbox.fault({ operation: 'get_app_user', latency: 400, times: 1 })
  const [first, second] = await Promise.all([remove(), remove()])
  expect([first.status, second.status]).toEqual([200, 200])
  expect([first, second].filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(1)
})
