/** A provider that does not send auth_time (Entra, unless asked) let staff in, and then never to what needs a fresh sign-in, and nobody said why. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { authTimeIn } from '../../../src/sign-in/claims.ts'
import { ask } from '../../security/requests.ts'
import type { ProviderSetUp } from '../../support/provider.ts'
import type { Walker } from '../../support/walk.ts'
import { startWithProvider, type WithProvider } from '../../support/with-provider.ts'

const entra: ProviderSetUp = { withholds: ['auth_time'] }
const notices = ({ bff }: WithProvider) => bff.lines.filter(({ msg, claim }) => msg === 'a claim is missing' && claim === 'auth_time')
const stepUp = (it: WithProvider, walker: Walker, login: string) =>
  walker.signIn(`${it.origin}/bff/auth/login?stepUp=1&returnTo=/bff/ops`, login)
const authTime = async (it: WithProvider, walker: Walker) => Number((await it.who(walker.headers(it.origin)))['authTime'])

test('is said at the first sign-in of staff, once, with the remedy', async () => {
  await using it = await startWithProvider({}, entra)
  await it.signIn('mina')
  expect(notices(it)).toEqual([])
  for (let turn = 0; turn < 2; turn += 1) await it.signIn('ada')
  expect(notices(it)).toEqual([expect.objectContaining({ level: 'warn', remedy: expect.stringContaining('OIDC_AUTH_TIME=iat') })])
})

test('is said on the page to whoever tries to step up, and the session goes on as it was', async () => {
  await using it = await startWithProvider({}, entra)
  const walker = await it.signIn('ada')
  const { last } = await stepUp(it, walker, 'ada')
  expect([last.status, last.text]).toEqual([401, expect.stringContaining('does not say when you signed in')])
  // From there it is the same again: to step up, and back to the page.
  expect(last.text).toContain('href="/bff/auth/login?provider=default&amp;stepUp=1&amp;returnTo=%2Fbff%2Fops"')
  expect(await it.who(walker.headers(it.origin))).toMatchObject({ signedIn: true, authTime: 0 })
})

test('is mended by OIDC_AUTH_TIME=iat for a provider that asks anew: the step-up counts, and a sign-in without one does not', async () => {
  await using it = await startWithProvider({ OIDC_AUTH_TIME: 'iat' }, entra)
  const walker = await it.signIn('ada')
  expect(await authTime(it, walker)).toBe(0)
  expect((await stepUp(it, walker, 'ada')).to).toBe('/bff/ops')
  expect(Math.abs((await authTime(it, walker)) - Date.now() / 1000)).toBeLessThan(60)
  expect(notices(it)).toEqual([])
})

test('is asked for at each sign-in, since many providers say it only when asked, and nobody is asked anew for that', async () => {
  await using it = await startWithProvider()
  const walker = await it.signIn('ada')
  expect(Math.abs((await authTime(it, walker)) - Date.now() / 1000)).toBeLessThan(60)
  expect(notices(it)).toEqual([])
  const { headers } = await walker.visit(`${it.origin}/bff/auth/login`)
  expect((await walker.visit(headers.get('location')!)).headers.get('location')).toContain('/bff/auth/callback?')
})

const iat = 1_795_424_400
test.each<[said: unknown, at: number]>([
  [iat - 5, iat - 5],
  [iat - 5.5, iat - 6],
  [iat + 20, iat + 20],
  [iat + 3_600, 0],
  [iat * 1_000, 0],
  [String(iat), 0],
  [-5, 0],
  [0, 0],
  [null, 0],
  [[iat], 0],
  [undefined, 0],
])('says nothing when it is later than the token itself, or no number: %j', (said, at) => {
  expect(authTimeIn({ auth_time: said, iat })).toBe(at)
})

test('goes by the claim where it is there, whatever the setting says', async () => {
  await using it = await startWithProvider({ OIDC_AUTH_TIME: 'iat' })
  const walker = await it.signIn('ada')
  const first = await authTime(it, walker)
  await sleep(2_100)
  await walker.signIn(`${it.origin}/bff/auth/login`, 'ada')
  expect(Math.abs((await authTime(it, walker)) - first)).toBeLessThanOrEqual(1)
})

test('the links of the console lead to where they are needed and back to the page', async () => {
  await using it = await startWithProvider()
  const bare = await fetch(`${it.origin}/bff/ops?q=outcome%3Afailure`, { headers: { accept: 'text/html' } })
  expect([bare.status, await bare.text()]).toEqual([
    401,
    expect.stringContaining('href="/bff/auth/login?returnTo=%2Fbff%2Fops%3Fq%3Doutcome%253Afailure"'),
  ])
  const walker = await it.signIn('ada')
  const headers = walker.headers(it.origin)
  expect((await it.bff.call('DELETE', '/v1.1/appusers/cust-20481', { headers })).status).toBe(200)
  const open = async (path: string) => (await ask(it.bff, { path, headers: { Cookie: headers['cookie']! } })).body
  const path = /href="(\/bff\/ops\/operations\/[^"]+)"/.exec(await open('/ops'))![1]!
  const back = encodeURIComponent(path)
  expect(await open(path.slice('/bff'.length))).toContain(`data-signin="/bff/auth/login?stepUp=1&amp;returnTo=${back}"`)
})
