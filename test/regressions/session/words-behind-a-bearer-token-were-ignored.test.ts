/** `Bearer <token> anything` was taken for `Bearer <token>`, for sessions and for service keys. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'
import { canaryServiceKey } from '../../support/canaries.ts'

test('all that follows the scheme is the token', async () => {
  await using bff = await startBff()
  const { authorization = '' } = await bff.signIn()
  const statusOf = async (value: string) => (await bff.call('GET', '/v1.1/appusers/me', { headers: { authorization: value } })).status
  const mintedBy = async (value: string) =>
    (await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'x' }, { authorization: value })).status
  for (const rest of [' x', ', Basic eDp5', `, ${authorization}`, ' , ', '\tx', ';a=b']) {
    expect([rest, await statusOf(`${authorization}${rest}`)]).toEqual([rest, 401])
    expect([rest, await mintedBy(`Bearer ${canaryServiceKey}${rest}`)]).toEqual([rest, 401])
  }
  expect(await statusOf(authorization.replace('Bearer ', 'bearer   '))).toBe(200)
  expect(await mintedBy(`BEARER ${canaryServiceKey}`)).toBe(201)
})
