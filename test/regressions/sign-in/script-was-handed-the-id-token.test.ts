/** The answer to signing out held the provider's ID token, name and address within, in a JSON body that any script of the page reads. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Carried, startBff } from '../../support/bff.ts'
import { leave, navigation } from '../../support/logout-form.ts'
import { startWithProvider, type WithProvider } from '../../support/with-provider.ts'

let it: WithProvider
beforeAll(async () => {
  it = await startWithProvider({ CLEAR_SITE_DATA: 'always' })
})
afterAll(async () => {
  await it[Symbol.asyncDispose]()
})

const jwt = /[\w-]+\.[\w-]+\.[\w-]+/
const isIn = async (headers: Carried) => (await it.who(headers))['signedIn']

test('what a script gets when it signs out names the provider and holds no token', async () => {
  const walker = await it.signIn('reader')
  const answer = await fetch(`${it.origin}/bff/auth/session`, { method: 'DELETE', headers: walker.headers(it.origin) })
  const text = await answer.text()
  const away = new URL(JSON.parse(text).endSession)
  expect([away.origin, new Set(away.searchParams.keys())]).toEqual([it.provider.issuer, new Set(['post_logout_redirect_uri', 'client_id'])])
  expect(`${text}${[...answer.headers].join()}`).not.toMatch(/ey[\w-]+\.ey[\w-]+\.[\w-]+/)
  // The provider knows nobody by this address, so it asks; but it takes it.
  const page = await walker.visit(away.href)
  expect([page.status, page.text]).toEqual([200, expect.stringMatching(/<form/)])
})

test('a form of the page signs out here and there: the token goes in a redirect', async () => {
  const walker = await it.signIn('leaver')
  const headers = walker.headers(it.origin)
  const answer = await leave(it.bff, headers, navigation, 'POST', 'csrf=of-the-page')
  const away = new URL(answer.headers['location']!)
  expect([answer.status, away.origin]).toEqual([303, it.provider.issuer])
  expect(away.searchParams.get('id_token_hint')).toMatch(jwt)
  expect(away.searchParams.get('post_logout_redirect_uri')).toBe(`${it.origin}/`)
  expect(answer.body).not.toMatch(/ey[\w-]+\.ey/)
  expect(answer.headers['set-cookie']).toMatch(/^bff-dev=;.*Max-Age=0/)
  expect(answer.headers['clear-site-data']).toBe('"cache", "storage"')
  expect([answer.headers['cache-control'], answer.headers['referrer-policy']]).toEqual(['no-store', 'no-referrer'])
  expect(await isIn(headers)).toBe(false)
  expect((await walker.visit(away.href)).status).toBe(200)
})

describe('the form', () => {
  test.each<[string, Carried]>([
    ['a script of the page', { ...navigation, 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' }],
    ['a frame', { ...navigation, 'Sec-Fetch-Dest': 'iframe' }],
    ['another site', { ...navigation, 'Sec-Fetch-Site': 'cross-site' }],
    ['a sibling domain', { ...navigation, 'Sec-Fetch-Site': 'same-site' }],
    ['a bookmark', { ...navigation, 'Sec-Fetch-Site': 'none' }],
    ['another origin that claims to be ours', { ...navigation, Origin: 'https://evil.example' }],
    ['a browser of old on another site', { Origin: 'https://evil.example' }],
    ['a browser of old that hides where', { Origin: 'null' }],
    ['nobody knows what', {}],
  ])('is not taken from %s, and the session goes on', async (_what, sent) => {
    const headers = (await it.signIn('stays')).headers(it.origin)
    const answer = await leave(it.bff, headers, sent)
    expect([answer.status, JSON.parse(answer.body).error.code, answer.headers['location']]).toEqual([403, 'csrf', undefined])
    expect(await isIn(headers)).toBe(true)
  })

  test('is taken from a page that tells nobody where it is, and from a browser of old', async () => {
    for (const sent of [{ ...navigation, Origin: 'null' }, { ...navigation, Origin: it.origin }, { Origin: it.origin }]) {
      const headers = (await it.signIn('goes')).headers(it.origin)
      expect((await leave(it.bff, headers, sent)).status).toBe(303)
      expect(await isIn(headers)).toBe(false)
    }
  })

  test('is no link, and is read as a form', async () => {
    const headers = (await it.signIn('stays')).headers(it.origin)
    expect((await leave(it.bff, headers, navigation, 'GET')).status).toBe(405)
    expect((await leave(it.bff, headers, { ...navigation, 'Content-Type': 'text/plain' }, 'POST', 'a=b')).status).toBe(415)
    expect(await isIn(headers)).toBe(true)
  })

  test('ends at the page after signing out when there is nothing to end elsewhere', async () => {
    await using plain = await startBff({ env: { SIGNED_OUT_PATH: '/bye' } })
    const headers = await plain.signIn({ kind: 'cookie' })
    for (const carried of [headers, headers, {}]) {
      const answer = await leave(plain, carried)
      expect([answer.status, answer.headers['location']]).toEqual([303, `${plain.app.origins[0]}/bye`])
    }
    expect((await plain.call('GET', '/auth/session', { headers })).json).toEqual({ signedIn: false })
  })

  test('that cannot be carried out is told on a page', async () => {
    const answer = await leave(it.bff, {}, { Accept: 'text/html' })
    expect([answer.status, answer.body]).toEqual([403, expect.stringContaining('<h1>You are not signed out</h1>')])
  })
})
