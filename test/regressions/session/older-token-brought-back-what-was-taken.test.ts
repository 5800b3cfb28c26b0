/** An ID token from before an end or a change of roles could still be exchanged, again and again, and brought all of it back. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { leave } from '../../support/logout-form.ts'
import { clientId } from '../../support/provider.ts'
import { audience, startWithProvider, type WithProvider } from '../../support/with-provider.ts'

const grant = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
}
const now = () => Math.floor(Date.now() / 1000)

// First: the others end everybody's sessions.
test('the ID token that came with a sign-in in the browser is nothing to exchange', async () => {
  await using it = await startWithProvider(({ issuer }) => ({ TRUSTED_ISSUERS: `${issuer} ${clientId}` }))
  const headers = (await it.signIn('browser')).headers(it.origin)
  const hint = new URL((await leave(it.bff, headers)).headers['location']!).searchParams.get('id_token_hint')!
  const exchange = (subject_token: string) => it.bff.call('POST', '/auth/session', { json: { ...grant, subject_token } })
  expect((await exchange(hint)).json.error.code).toBe('invalid_grant')
  // The audience is no reason to refuse it: a token that an app got for itself is taken.
  const own = await it.provider.sign({ sub: 'browser', aud: clientId, iat: now(), exp: now() + 300, nonce: 'of-the-app' })
  expect((await exchange(own)).status).toBe(200)
})

describe('a token that is exchanged', () => {
  let it: WithProvider
  beforeAll(async () => {
    it = await startWithProvider()
  })
  afterAll(async () => {
    await it[Symbol.asyncDispose]()
  })
  const sign = (sub: string, more: Record<string, unknown> = {}) =>
    it.provider.sign({ sub, aud: audience, iat: now(), exp: now() + 300, jti: crypto.randomUUID(), ...more })
  /** As late as a token can be issued, so that nothing before the last second counts as later. */
  const signLater = async (sub: string, more: Record<string, unknown> = {}) => {
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    return sign(sub, { iat: now() + 5, ...more })
  }
  const exchange = async (subject_token: string) => it.bff.call('POST', '/auth/session', { json: { ...grant, subject_token } })
  const status = async (token: string) => (await exchange(token)).status
  const carry = async (token: string) => ({ authorization: `Bearer ${(await exchange(token)).json.access_token}` })
  const rolesBy = async (token: string) => (await it.who(await carry(token)))['roles']
  const setRoles = (json: unknown) => it.bff.private('POST', '/sessions/roles', json)
  const end = (json: unknown) => it.bff.private('POST', '/sessions/end', json)

  test('is exchanged once, also when twenty ask at once', async () => {
    const token = await sign('once')
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(token)))
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1)
    expect(answers.filter((answer) => answer.status === 401).map(({ json }) => json.error.code)).toEqual(Array(19).fill('invalid_grant'))
    expect(await status(token)).toBe(401)
  })

  test('does not come back after its session was signed out', async () => {
    const token = await sign('leaver')
    const headers = await carry(token)
    expect((await it.bff.call('DELETE', '/auth/session', { headers })).status).toBe(204)
    expect(await status(token)).toBe(401)
  })

  test('may be tried again when the exchange failed', async () => {
    const token = await sign('0123456789abcdef01234567')
    it.bff.sandbox.fault({ operation: 'get_app_user', status: 503, times: 10 })
    expect(await status(token)).toBe(503)
    it.bff.sandbox.clearFaults()
    expect(await status(token)).toBe(200)
    expect(await status(token)).toBe(401)
  })

  test('is worth what the roles are that were set since', async () => {
    const lead = { roles: ['support-lead'] }
    const [one, two, three] = [await sign('demoted', lead), await sign('demoted', lead), await sign('demoted')]
    expect(await rolesBy(await sign('demoted', lead))).toEqual(['user', 'admin'])
    await setRoles({ userId: 'demoted', roles: ['user'] })
    expect(await rolesBy(one)).toEqual(['user'])
    await setRoles({ userId: 'demoted', roles: ['admin', 'agent'] })
    // It loses what was taken, and gains nothing.
    expect(await rolesBy(two)).toEqual(['admin'])
    await setRoles({ userId: 'demoted', roles: [] })
    expect((await exchange(three)).json.error.code).toBe('sign_in_forbidden')
    expect(await rolesBy(await signLater('demoted', lead))).toEqual(['user', 'admin'])
  })

  test.each<[string, (sub: string) => Promise<unknown>]>([
    ['the backend ended the sessions of the person', (userId) => end({ userId })],
    ['the backend ended those of the app', () => end({ everyone: true })],
    ['the person ended all of them', async (sub) => it.bff.call('DELETE', '/auth/sessions', { headers: await carry(await sign(sub)) })],
    [
      'staff ended them',
      async (userId) =>
        it.bff.call('POST', '/auth/sessions/end', {
          headers: await it.bff.signIn({ roles: ['agent'], actor: { id: 'agent-7' } }),
          json: { userId },
        }),
    ],
  ])('from before %s is worth nothing, a later one signs in', async (what, act) => {
    const sub = `ended ${what.length}`
    const token = await sign(sub)
    await act(sub)
    expect(await status(token)).toBe(401)
    expect(await status(await signLater(sub))).toBe(200)
  })
})
