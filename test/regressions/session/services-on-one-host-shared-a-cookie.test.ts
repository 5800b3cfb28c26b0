/** Two services on localhost: cookies do not go by port, so signing in to one signed the person out of the other. */
import { expect, test } from '@jest/globals'
import { faultOfSetting } from '../../../config/faults.ts'
import { startBff } from '../../support/bff.ts'

test('two services on one host name, each with a COOKIE_NAME, leave each other’s sessions alone', async () => {
  await using one = await startBff({ env: { COOKIE_NAME: 'shop' } })
  await using two = await startBff({ env: { COOKIE_NAME: 'desk' } })
  const jar = await Promise.all([one, two].map(async (bff) => await bff.signIn({ kind: 'cookie' })))
  const cookie = jar.map((headers) => headers['cookie']).join('; ')
  expect(cookie).toMatch(/^shop-dev=.*; desk-dev=/)
  for (const bff of [one, two]) {
    const answer = await bff.call('GET', '/auth/session', { headers: { ...jar[0], cookie } })
    expect([answer.status, answer.json.kind]).toEqual([200, 'cookie'])
  }
  const out = await one.call('DELETE', '/auth/session', { headers: { ...jar[0], cookie, origin: one.app.origins[0]! } })
  expect([out.status, out.headers.get('set-cookie')]).toEqual([204, 'shop-dev=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0'])
  expect((await two.call('GET', '/auth/session', { headers: { ...jar[1], cookie } })).status).toBe(200)
})

test('over https the word stands behind the prefixes that keep other sites from setting the cookie', async () => {
  await using bff = await startBff({ env: { COOKIE_NAME: 'shop', PUBLIC_ORIGIN: 'https://shop.example.com' } })
  const { json } = await bff.private('POST', '/sessions', { kind: 'cookie', userId: 'cust-20481' })
  expect(json.setCookie).toMatch(/^__Host-Http-shop=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Strict$/)
})

test.each(['Shop', 'shop-2', 'shop=', ''.padEnd(33, 'x')])('the word %j is refused', (word) => {
  expect(faultOfSetting('COOKIE_NAME', word)).toMatch(/small letters and digits/)
})
