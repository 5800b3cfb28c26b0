/** A redirect said that it varies by Accept, in place of Cookie and Authorization: a cache that heeds no `no-store` could have handed one person's sign-in to the next. */
import { expect, test } from '@jest/globals'
import { startWithProvider } from '../../support/with-provider.ts'

test.each([
  ['to the identity provider', '/auth/login', 302],
  ['of a page with a slash at its end', '/ops/', 308],
])('the redirect %s varies by who asks, too', async (_what, path, status) => {
  await using it = await startWithProvider()
  const answer = await it.bff.call('GET', path)
  expect([answer.status, answer.headers.get('vary'), answer.headers.get('cache-control')]).toEqual([
    status,
    'Cookie, Authorization, Accept',
    'no-store',
  ])
})
