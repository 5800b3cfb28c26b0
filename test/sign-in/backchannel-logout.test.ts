import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeJwt } from 'jose'
import { leave } from '../support/logout-form.ts'
import { clientId } from '../support/provider.ts'
import { startWithProvider, type WithProvider } from '../support/with-provider.ts'

const event = 'http://schemas.openid.net/event/backchannel-logout'
type Claims = Record<string, unknown>
const now = () => Math.floor(Date.now() / 1000)

describe('logout told by the provider', () => {
  let it: WithProvider
  beforeAll(async () => {
    it = await startWithProvider()
  })
  afterAll(async () => {
    await it[Symbol.asyncDispose]()
  })
  const claims = (more: Claims): Claims => ({
    aud: clientId,
    iat: now(),
    exp: now() + 120,
    jti: randomUUID(),
    events: { [event]: {} },
    ...more,
  })
  const tell = async (token: string) =>
    (await it.bff.call('POST', '/auth/backchannel-logout', { body: new URLSearchParams({ logout_token: token }) })).status
  const sign = (more: Claims, typ: string | undefined = 'logout+jwt') => it.provider.sign(claims(more), { typ })
  /** Somebody signed in, with the provider's id of that session. */
  const signIn = async (login: string) => {
    const walker = await it.signIn(login)
    const headers = walker.headers(it.origin)
    const { sid } = decodeJwt(new URL((await leave(it.bff, headers)).headers['location']!).searchParams.get('id_token_hint')!)
    await walker.signIn(`${it.origin}/bff/auth/login`, login)
    return { headers: walker.headers(it.origin), sid: String(sid) }
  }
  const isIn = async (headers: Record<string, string>) => (await it.who(headers))['signedIn']

  test('by sid it ends that session, by sub all of the person, by both what fits both', async () => {
    const [one, two, other] = [await signIn('lo-1'), await signIn('lo-1'), await signIn('lo-2')]
    expect(await tell(await sign({ sid: one.sid, sub: 'lo-2' }))).toBe(200)
    expect([await isIn(one.headers), await isIn(other.headers)]).toEqual([true, true])
    expect(await tell(await sign({ sid: one.sid }))).toBe(200)
    expect([await isIn(one.headers), await isIn(two.headers), await isIn(other.headers)]).toEqual([false, true, true])
    expect(await tell(await sign({ sub: 'lo-1' }))).toBe(200)
    expect([await isIn(two.headers), await isIn(other.headers)]).toEqual([false, true])
    expect(await tell(await sign({ sub: 'lo-2', sid: other.sid }))).toBe(200)
    expect(await isIn(other.headers)).toBe(false)
  })

  test('a real logout at the provider ends the session here', async () => {
    const walker = await it.signIn('real')
    const headers = walker.headers(it.origin)
    await walker.signOutThere(it.provider.issuer)
    expect(await isIn(headers)).toBe(false)
  })

  test.each<[string, (sid: string) => Promise<string>]>([
    ['an ID token', (sid) => it.provider.sign({ ...claims({ sub: 'victim', sid }), events: undefined }, { typ: 'JWT' })],
    ['another type', (sid) => sign({ sub: 'victim', sid }, 'JWT')],
    ['no type', (sid) => it.provider.sign(claims({ sub: 'victim', sid }))],
    ['a nonce', (sid) => sign({ sub: 'victim', sid, nonce: 'n' })],
    ['no events', (sid) => it.provider.sign({ ...claims({ sid }), events: undefined }, { typ: 'logout+jwt' })],
    ['another event', (sid) => sign({ sid, events: { other: {} } })],
    ['events that are no object', (sid) => sign({ sid, events: [event] })],
    ['neither sub nor sid', () => sign({})],
    ['no jti', (sid) => it.provider.sign({ ...claims({ sid }), jti: undefined }, { typ: 'logout+jwt' })],
    ['an old iat', (sid) => sign({ sid, iat: now() - 130 })],
    ['a future iat', (sid) => sign({ sid, iat: now() + 60 })],
    ['no iat', (sid) => it.provider.sign({ ...claims({ sid }), iat: undefined }, { typ: 'logout+jwt' })],
    ['another audience', (sid) => sign({ sid, aud: 'other' })],
    ['another issuer', (sid) => sign({ sid, iss: 'https://evil.example' })],
    ['an end in the past', (sid) => sign({ sid, exp: now() - 30 })],
    ['junk', async () => 'a.b.c'],
  ])('a token with %s ends nothing', async (_what, make) => {
    const { headers, sid } = await signIn('victim')
    expect(await tell(await make(sid))).toBe(400)
    expect(await isIn(headers)).toBe(true)
  })

  test('a token shown again ends nothing', async () => {
    const token = await sign({ sub: 'again' })
    expect(await tell(token)).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    const { headers } = await signIn('again')
    expect(await tell(token)).toBe(400)
    expect(await isIn(headers)).toBe(true)
  })

  test('is no matter of cookies and of nothing but a form', async () => {
    const answer = await it.bff.call('POST', '/auth/backchannel-logout', { json: { logout_token: 'x' } })
    expect(answer.status).toBe(415)
    expect((await it.bff.call('GET', '/auth/backchannel-logout')).status).toBe(405)
  })
})
