/** The address at which the provider signs somebody out held the whole ID token, 11 KB with 200 groups: longer than many servers take. */
import { expect, test } from '@jest/globals'
import { leave } from '../../support/logout-form.ts'
import { startWithProvider } from '../../support/with-provider.ts'

test.each([
  [2, true],
  [200, false],
])('of a person in %d groups: the hint is there %s', async (count, hinted) => {
  await using it = await startWithProvider({}, { claims: ['groups'] })
  it.provider.accounts.set('member', {
    groups: Array.from({ length: count }, (_, i) => `0b4d1c2e-3f5a-4b6c-8d7e-${String(i).padStart(12, '0')}`),
  })
  const walker = await it.signIn('member')
  const { headers } = await leave(it.bff, walker.headers(it.origin))
  const away = new URL(headers['location']!)
  expect([away.searchParams.has('id_token_hint'), away.href.length <= 2_000]).toEqual([hinted, true])
  expect([away.searchParams.get('client_id'), away.searchParams.get('post_logout_redirect_uri')]).toEqual(['bff-web', `${it.origin}/`])
  // Without the hint the provider asks, and then signs out all the same.
  expect((await walker.visit(away.href)).status).toBe(200)
})
