/** The console's link "Sign in as somebody else" led to a step-up, which refuses everybody but the person who is signed in; so did the way on from there. */
import { expect, test } from '@jest/globals'
import { ask } from '../../security/requests.ts'
import type { Walker } from '../../support/walk.ts'
import { startWithProvider, type WithProvider } from '../../support/with-provider.ts'

const opened = { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
/** The console as the walker's browser would open it. */
const refusal = async ({ bff, origin }: WithProvider, walker: Walker, path: string): Promise<string> =>
  (await ask(bff, { path, headers: { ...walker.headers(origin), ...opened } })).body
const linkIn = (text: string) => /<a href="([^"]*\/auth\/login[^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? ''

test('whoever lacks the role makes room for somebody who has it, and the provider asks who that is', async () => {
  await using it = await startWithProvider()
  const walker = await it.signIn('abe')
  const before = walker.headers(it.origin)
  const refused = await refusal(it, walker, '/ops?q=state:open')
  expect(refused).toContain('Sign in as somebody else')
  const link = new URL(linkIn(refused), it.origin).href

  const { searchParams } = new URL((await walker.visit(link)).headers.get('location')!)
  expect(searchParams.get('prompt')).toBe('login')
  // Else the provider would end Abe's session here when Ada takes over.
  walker.cookies.delete('127.0.0.1')
  const { to, last } = await walker.signIn(link, 'ada')
  expect([last.status, to]).toEqual([200, '/bff/ops?q=state:open'])
  expect(await it.who(walker.headers(it.origin))).toMatchObject({ actor: { id: 'ada' } })
  expect(await it.who(before)).toEqual({ signedIn: false })
})

test('a refusal at the provider leads to the same again', async () => {
  await using it = await startWithProvider()
  const walker = await it.signIn('abe')
  const link = linkIn(await refusal(it, walker, '/ops'))
  const state = new URL((await walker.visit(`${it.origin}${link}`)).headers.get('location')!).searchParams.get('state')
  const issuer = encodeURIComponent(it.provider.issuer)
  const cancelled = await walker.visit(`${it.origin}/bff/auth/callback?error=access_denied&state=${state}&iss=${issuer}`)
  expect(cancelled.status).toBe(401)
  const [again, first] = [linkIn(cancelled.text), link].map((address) => new URL(address, it.origin).searchParams)
  expect(Object.fromEntries(again!)).toEqual({ provider: 'default', ...Object.fromEntries(first!) })
})
