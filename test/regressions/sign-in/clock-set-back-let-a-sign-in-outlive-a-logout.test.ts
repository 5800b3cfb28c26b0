/** A sign-in under way and a logout at the provider were ordered by the clock of the store: when that was set back between the two, the sign-in seemed the later one, and came through. */
import { randomUUID } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { clientId } from '../../support/provider.ts'
import { setClock } from '../../support/skewed-clock.ts'
import { startWithProvider, type WithProvider } from '../../support/with-provider.ts'

const inAMoment = async () => {
  const it = await startWithProvider({ REDIS_URL: '' })
  const walker = await it.signIn('mina')
  /** Up to where the provider sends the browser back. */
  const begin = async (): Promise<string> => {
    let at = await walker.visit(`${it.origin}/bff/auth/login`)
    for (;;) {
      const to = new URL(at.headers.get('location')!, at.url).href
      if (to.startsWith(`${it.origin}/bff/auth/callback`)) return to
      at = await walker.visit(to)
    }
  }
  return { ...it, walker, begin, isIn: async () => (await it.who(walker.headers(it.origin)))['signedIn'] }
}

/** At this time of the provider's clock. */
const logout = async ({ provider, bff }: WithProvider, iat: number): Promise<void> => {
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  const token = await provider.sign({ aud: clientId, iat, exp: iat + 120, jti: randomUUID(), events, sub: 'mina' }, { typ: 'logout+jwt' })
  const body = new URLSearchParams({ logout_token: token })
  expect((await bff.call('POST', '/auth/backchannel-logout', { body })).status).toBe(200)
}

test('whoever signs out at the provider while a sign-in is under way is out, although the clock went back and forth', async () => {
  using _clock = setClock(0)
  await using it = await inAMoment()
  const callback = await it.begin()
  const now = it.provider.now()
  setClock(-20)
  await logout(it, now)
  expect(await it.isIn()).toBe(false)
  setClock(0)
  const back = await it.walker.visit(callback)
  expect([back.text.includes('signed out meanwhile'), await it.isIn()]).toEqual([true, false])
  // What begins after the logout lets in, by the same proof at the provider too.
  const again = await it.walker.visit(await it.begin())
  expect([again.status, await it.isIn()]).toEqual([200, true])
})

test('a sign-in that began later than it is now is over: it does not live for as long as the clock was ahead', async () => {
  using _clock = setClock(300)
  await using it = await inAMoment()
  const callback = await it.begin()
  setClock(0)
  const back = await it.walker.visit(callback)
  expect([back.status, back.text.includes('Try again')]).toEqual([400, true])
  expect((await it.walker.visit(await it.begin())).status).toBe(200)
})
