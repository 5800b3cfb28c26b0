/** Where the vendor answers the name of somebody merged away with the survivor, that person's sign-in was refused: "this is another user's _id". */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'

test('who was merged away signs in, but is not the survivor', async () => {
  await using bff = await startBff({ sandbox: { switches: { afterMerge: 'survivor' } } })
  const staff = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  const make = async (userId: string): Promise<string> =>
    (await bff.call('POST', '/v1.1/appusers', { headers: staff, json: { userId } })).json.appUser._id
  const [surviving, discarded] = [await make('stays'), await make('goes')]
  const json = { surviving: { _id: surviving }, discarded: { _id: discarded } }
  expect((await bff.call('POST', '/v1.1/appusers/merge', { headers: staff, json })).status).toBe(200)
  const headers = await bff.signIn({ userId: 'goes' })
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(401)
  expect((await bff.private('POST', '/sessions', { kind: 'bearer', userId: surviving })).status).toBe(400)
  expect((await bff.private('POST', '/sessions', { kind: 'bearer', userId: discarded })).status).toBe(400)
})
