/** A 404 that spoke of a channel or an integration was read as "you have no user yet": pre_create was sent, and then the guarded call once more. */
import { expect, test } from '@jest/globals'
import { appId, startBff } from '../../support/bff.ts'

test.each([
  ['unlink_app_user', 'DELETE', '/v1.1/appusers/me/channels/twilio', undefined],
  [
    'link_app_user',
    'POST',
    '/v1.1/appusers/me/channels',
    { type: 'twilio', phoneNumber: '+15145550100', integrationId: 'unknown', confirmation: { type: 'prompt' } },
  ],
])('%s that finds no channel is sent once', async (operation, method, path, json) => {
  await using bff = await startBff()
  const headers = await bff.signIn()
  const answer = await bff.call(method, path, { headers, ...(json && { json }) })
  expect(answer.status).toBe(404)
  expect(bff.sandbox.requests.filter((it) => it.operation === operation)).toHaveLength(1)
  expect(bff.sandbox.users().filter((it) => it.appId === appId)).toHaveLength(1)
})

test('a user who is really missing is still created, and the call then carried out', async () => {
  await using bff = await startBff()
  const headers = await bff.signIn({ userId: 'newcomer' })
  const json = { type: 'twilio', phoneNumber: '+15145550100', confirmation: { type: 'prompt' } }
  expect((await bff.call('POST', '/v1.1/appusers/me/channels', { headers, json })).status).toBe(200)
  expect(bff.sandbox.user(appId, 'newcomer')!.pendingClients).toHaveLength(1)
})
