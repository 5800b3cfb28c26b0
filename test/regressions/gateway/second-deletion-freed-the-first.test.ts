/** Two deletions of one person at once: the one that came second was refused and took back the mark that the first had set, so the person's session created the person anew while the first still ran. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { appId, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

test('a deletion that meets nobody, whom it had just seen, ends the sessions and lets nothing create the person anew', async () => {
  await using bff = await startBff()
  const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  bff.sandbox.createUser(appId, { userId: 'goes' })
  const person = await bff.signIn({ userId: 'goes' })
  expect((await bff.call('GET', '/v1.1/appusers/me/channels', { headers: person })).status).toBe(200)
  const other = await bff.signIn({ roles: ['admin'], actor: { id: 'ben' } })
  const remove = (headers = admin) => bff.call('DELETE', '/v1.1/appusers/goes', { headers })
  const { promise: held, resolve } = Promise.withResolvers<void>()
  bff.sandbox.fault({ operation: 'delete_app_user', times: 1, applied: true, held })
  const first = remove()
  await until(() => bff.sandbox.requests.some(({ operation }) => operation === 'delete_app_user'))
  bff.sandbox.fault({
    operation: 'delete_app_user',
    times: 1,
    status: 404,
    body: { error: { code: 'user_not_found', description: 'User not found' } },
  })
  bff.sandbox.fault({
    operation: 'get_app_user',
    times: 1,
    status: 200,
    body: { appUser: { _id: 'a'.repeat(24), userId: 'goes', conversationStarted: false, properties: {} } },
  })
  expect((await remove(other)).status).toBe(404)
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers: person })).status).toBe(401)
  resolve()
  expect((await first).status).toBe(200)
  await until(() => bff.sandbox.user(appId, 'goes') === undefined)
})

test.each([
  ['is refused for another reason', { status: 423 }],
  ['is sent away busy', { status: 429 }],
])('a deletion that %s leaves the sessions as they are', async (_what, fault) => {
  await using bff = await startBff()
  const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  bff.sandbox.createUser(appId, { userId: 'stays' })
  const person = await bff.signIn({ userId: 'stays' })
  bff.sandbox.fault({ operation: 'delete_app_user', ...fault })
  expect((await bff.call('DELETE', '/v1.1/appusers/stays', { headers: admin })).status).not.toBe(200)
  // The pause that a 429 asks for.
  await sleep(1_050)
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers: person })).status).toBe(200)
})
