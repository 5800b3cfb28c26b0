/** Where staff have an origin of their own, a minted session with both kinds of role used its role `user` there, which signing in would have left out. */
import { request } from 'node:http'
import { expect, test } from '@jest/globals'
import { mina, startBff } from '../../support/bff.ts'

test('the role user counts only elsewhere', async () => {
  const [site, staff] = ['http://app.example.com', 'http://staff.example.com']
  await using bff = await startBff({ env: { PUBLIC_ORIGIN: site, STAFF_ORIGIN: staff } })
  const { authorization } = await bff.signIn({ userId: mina.userId, roles: ['user', 'agent'] })
  const at = (origin: string, path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { host: new URL(origin).host, authorization: authorization! }
      request(`${bff.app.publicUrl}/bff/v1.1/appusers/${path}`, { headers }, (res) => resolve(res.resume().statusCode))
        .on('error', reject)
        .end()
    })
  expect(await at(staff, mina.userId)).toBe(200)
  expect(await at(staff, `${mina.userId}/authcode`)).toBe(403)
  expect(await at(site, mina.userId)).toBe(403)
})
