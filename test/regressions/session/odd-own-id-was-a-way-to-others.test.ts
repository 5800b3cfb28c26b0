/** Whatever `_id` the vendor gave with a person's own name was that person's own: by one that is another's userId, channels and codes of the other were read. */
import { expect, test } from '@jest/globals'
import { appId, type Bff, mina, startBff } from '../../support/bff.ts'

const own = { userId: mina.userId, conversationStarted: false, properties: {} }

const withVictim = async (): Promise<{ bff: Bff; victim: string }> => {
  const bff = await startBff()
  return { bff, victim: bff.sandbox.createUser(appId, { userId: 'cust-99', givenName: 'Somebody' })._id }
}
const paths = ['', '/channels', '/authcode', '/linkrequest?integrationIds=5a1b2c3d4e5f60718293a4b5']

test.each(['cust-99', 'me', 'CUST-99', '5a1b2c3d4e5f60718293a4b', '..', ' '])(
  'an own _id of %j, which is none of the vendor, is no name of the person',
  async (_id) => {
    await using bff = (await withVictim()).bff
    const headers = await bff.signIn()
    bff.sandbox.fault({ operation: 'get_app_user', userId: mina.userId, status: 200, body: { appUser: { ...own, _id } } })
    expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(200)
    bff.sandbox.clearRequests()
    for (const path of paths) expect((await bff.call('GET', `/v1.1/appusers/cust-99${path}`, { headers })).status).toBe(404)
    expect(bff.sandbox.requests).toEqual([])
  },
)

test("another's _id that the vendor once gave as the person's own leads to the person and to nobody else", async () => {
  const { bff: started, victim } = await withVictim()
  await using bff = started
  const headers = await bff.signIn()
  bff.sandbox.fault({ operation: 'get_app_user', userId: mina.userId, status: 200, body: { appUser: { ...own, _id: victim } } })
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(200)
  bff.sandbox.clearFaults()
  bff.sandbox.clearRequests()
  for (const path of paths.slice(1)) await bff.call('GET', `/v1.1/appusers/${victim}${path}`, { headers })
  await bff.call('PUT', `/v1.1/appusers/${victim}`, { headers, json: { givenName: 'Changed' } })
  expect(bff.sandbox.requests.length).toBeGreaterThan(0)
  for (const { url } of bff.sandbox.requests) expect(url).toContain(`/${mina.userId}`)
  expect(bff.sandbox.user(appId, 'cust-99')).toMatchObject({ givenName: 'Somebody' })
})
