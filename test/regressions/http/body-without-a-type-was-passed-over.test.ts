/** A body that may be absent was taken for absent when it came without a type: a call with the cookie and a refresh token in such a body turned the cookie over. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'

test('a body without a content type is refused, also where a call may come without one', async () => {
  await using bff = await startBff()
  const headers = await bff.signIn({ kind: 'cookie' })
  // Bytes: a text would get a type from fetch.
  const untyped = await bff.call('POST', '/auth/refresh', { headers, body: new TextEncoder().encode('{"refresh_token":"x"}') })
  expect([untyped.status, untyped.headers.get('set-cookie')]).toEqual([415, null])
  expect((await bff.call('POST', '/auth/refresh', { headers })).status).toBe(200)
})
