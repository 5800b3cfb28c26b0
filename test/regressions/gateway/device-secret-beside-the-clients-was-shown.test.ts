/** Device secrets were taken out of `clients` and `pendingClients` alone: another list of the vendor's, as its `devices` once was, was shown whole. */
import { expect, test } from '@jest/globals'
import { appId, startBff } from '../../support/bff.ts'

const device = { id: 'd1', pushNotificationToken: 'device-secret', info: { os: 'Y' }, raw: { city: 'Turin' }, future: 1 }
const told = { devices: [device], last: { device }, pushNotificationToken: 'device-secret', properties: { info: 'own', raw: 1 } }

test.each([
  ['the person', { userId: 'cust-7' }, { id: 'd1', future: 1 }],
  ['an agent', { roles: ['agent' as const], actor: { id: 'ada' } }, { id: 'd1', info: device.info, raw: device.raw, future: 1 }],
])('%s sees no device secret in any list, read from the vendor or from the cache, and all properties', async (_who, mint, seen) => {
  await using bff = await startBff()
  const { _id } = bff.sandbox.createUser(appId, { userId: 'cust-7' })
  bff.sandbox.fault({
    operation: 'get_app_user',
    status: 200,
    body: { appUser: { _id, userId: 'cust-7', conversationStarted: false, ...told } },
  })
  const headers = await bff.signIn(mint)
  for (const _ of ['from the vendor', 'from the cache']) {
    const answer = await bff.call('GET', '/v1.1/appusers/cust-7', { headers })
    expect([answer.status, answer.text.includes('device-secret')]).toEqual([200, false])
    expect(answer.json.appUser).toMatchObject({ devices: [seen], last: { device: seen }, properties: told.properties })
    expect(Object.keys(answer.json.appUser.devices[0])).toEqual(Object.keys(device).filter((name) => name in seen))
  }
})
