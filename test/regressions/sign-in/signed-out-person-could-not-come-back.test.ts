/** After a logout that the provider told of, a person whose provider kept its session id was refused for 100 days, and whoever signed in within the same second, or at a provider whose clock is behind, at once: times of two clocks were compared. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from '@jest/globals'
import { decodeJwt } from 'jose'
import { leave } from '../../support/logout-form.ts'
import { clientId, type ProviderSetUp } from '../../support/provider.ts'
import { createWalker, type Walker } from '../../support/walk.ts'
import { audience, startWithProvider, type WithProvider } from '../../support/with-provider.ts'

const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
const tell = async ({ bff, provider }: WithProvider, named: Record<string, unknown>, saidAt = provider.now()) => {
  const claims = { aud: clientId, iat: saidAt, exp: saidAt + 120, jti: randomUUID(), events, ...named }
  const logout_token = await provider.sign(claims, { typ: 'logout+jwt' })
  return (await bff.call('POST', '/auth/backchannel-logout', { body: new URLSearchParams({ logout_token }) })).status
}
const isIn = async (it: WithProvider, walker: Walker) => (await it.who(walker.headers(it.origin)))['signedIn']
const login = (it: WithProvider) => `${it.origin}/bff/auth/login`
/** The provider's id of its session; that here is over then. */
const sidOf = async (it: WithProvider, walker: Walker) => {
  const { headers } = await leave(it.bff, walker.headers(it.origin))
  return String(decodeJwt(new URL(headers['location']!).searchParams.get('id_token_hint')!)['sid'])
}

const clocks: readonly [string, ProviderSetUp][] = [
  ['with our clock', {}],
  ['with a clock 20 seconds behind', { aheadSeconds: -20 }],
  ['with a clock 20 seconds ahead', { aheadSeconds: 20 }],
]

describe.each(clocks)('a provider %s', (_which, setUp) => {
  let started: Promise<WithProvider> | undefined
  /** One for all of these, each of which has people of its own. */
  const theOne = () => (started ??= startWithProvider({}, setUp))
  afterAll(async () => await (await started)?.[Symbol.asyncDispose]())

  test.concurrent('that keeps its session after a logout lets the person in again', async () => {
    const it = await theOne()
    const walker = await it.signIn('keeper')
    const sid = await sidOf(it, walker)
    await walker.signIn(login(it), 'keeper')
    for (const named of [{ sid }, { sub: 'keeper', sid }, { sub: 'keeper' }]) {
      expect([await tell(it, named), await isIn(it, walker)]).toEqual([200, false])
      await walker.signIn(login(it), 'keeper')
      expect(await isIn(it, walker)).toBe(true)
    }
    expect(await sidOf(it, walker)).toBe(sid)
  })

  test.concurrent('that signs somebody out while their sign-in is under way is heeded', async () => {
    const it = await theOne()
    const walker = await it.signIn('late')
    const { headers } = await walker.visit(login(it))
    const back = (await walker.visit(headers.get('location')!)).headers.get('location')!
    expect(await tell(it, { sub: 'late' })).toBe(200)
    const last = await walker.visit(back)
    expect([last.status, last.text]).toEqual([401, expect.stringContaining('signed out meanwhile')])
    await walker.signIn(login(it), 'late')
    expect(await isIn(it, walker)).toBe(true)
  })

  test.concurrent('whose logout token comes late leaves those alone who have proved since that it is them', async () => {
    const it = await theOne()
    const old = await it.signIn('twice')
    await sleep(1_100)
    const saidAt = it.provider.now()
    await sleep(1_100)
    const later = await it.signIn('twice')
    expect(await tell(it, { sub: 'twice' }, saidAt)).toBe(200)
    expect([await isIn(it, old), await isIn(it, later)]).toEqual([false, true])
  })

  test.concurrent('signs out what a mobile app exchanged before, and not what it gets after', async () => {
    const it = await theOne()
    const exchange = async (iat: number) => {
      const subject_token = await it.provider.sign({ sub: 'app', sid: 'kept', aud: audience, iat, exp: iat + 300, jti: randomUUID() })
      const grant = {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      }
      const answer = await it.bff.call('POST', '/auth/session', { json: { ...grant, subject_token } })
      return { status: answer.status, headers: { authorization: `Bearer ${answer.json.access_token}` } }
    }
    const before = it.provider.now()
    const first = await exchange(before)
    expect([first.status, await tell(it, { sid: 'kept' })]).toEqual([200, 200])
    expect(await it.who(first.headers)).toEqual({ signedIn: false })
    expect((await exchange(before)).status).toBe(401)
    await sleep(1_100)
    expect((await exchange(it.provider.now())).status).toBe(200)
  })
})

test('a session whose id the provider never told ends with each logout of its person', async () => {
  await using it = await startWithProvider({}, { client: { backchannel_logout_session_required: false } })
  const walker = await it.signIn('unnamed')
  expect(await tell(it, { sub: 'somebody', sid: 'x' })).toBe(200)
  expect(await isIn(it, walker)).toBe(true)
  expect(await tell(it, { sub: 'unnamed', sid: 'x' })).toBe(200)
  expect(await isIn(it, walker)).toBe(false)
})

test('a step-up at a new session of the provider outlives the end of the old one', async () => {
  await using it = await startWithProvider()
  const walker = await it.signIn('ada')
  const here = () => it.who(walker.headers(it.origin))
  const before = (await here())['sessionId']
  const other = await it.signIn('ada')
  const stepUp = async () => {
    // The provider knows this browser no more.
    walker.cookies.delete('127.0.0.1')
    expect((await walker.signIn(`${it.origin}/bff/auth/login?stepUp=1&returnTo=/up`, 'ada')).to).toBe('/up')
  }
  /** Of the session at the provider, asked for by another sign-in there. */
  const sidThere = async () => {
    const twin = createWalker()
    twin.cookies.set('127.0.0.1', new Map(walker.cookies.get('127.0.0.1')))
    await twin.signIn(login(it), 'ada')
    return await sidOf(it, twin)
  }
  const first = await sidThere()
  await stepUp()
  const second = await sidThere()
  expect(first).not.toBe(second)
  expect([await tell(it, { sid: first }), await here()]).toEqual([200, expect.objectContaining({ sessionId: before })])
  expect([await tell(it, { sub: 'ada', sid: second }), await isIn(it, walker), await isIn(it, other)]).toEqual([200, false, true])
})
