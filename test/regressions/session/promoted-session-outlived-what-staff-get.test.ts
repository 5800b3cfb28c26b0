/** A refresh family of thirty days became one of staff when a role was given meanwhile, and so did a cookie of twelve hours, also by a step-up: staff have eight. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { audience, startWithProvider, type WithProvider } from '../../support/with-provider.ts'

const hours = 3_600
const now = () => Math.floor(Date.now() / 1000)
const exchange = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
}
const leftOf = (session: Record<string, unknown>) => Date.parse(String(session['expiresAt'])) / 1000 - now()

describe('somebody who is given the first role of staff', () => {
  let it: WithProvider
  beforeAll(async () => {
    it = await startWithProvider()
  })
  afterAll(async () => {
    await it[Symbol.asyncDispose]()
  })
  const setRoles = (userId: string, roles: string[]) => it.bff.private('POST', '/sessions/roles', { userId, roles })
  const begin = async (sub: string) =>
    (
      await it.bff.call('POST', '/auth/session', {
        json: { ...exchange, subject_token: await it.provider.sign({ sub, aud: audience, iat: now(), exp: now() + 300 }) },
      })
    ).json
  const refresh = async (refresh_token: string) => (await it.bff.call('POST', '/auth/refresh', { json: { refresh_token } })).json
  const rolesOf = async (token: string) => (await it.who({ authorization: `Bearer ${token}` }))['roles']

  test('has it by no refresh token, whatever else the change gave, but from the next sign-in', async () => {
    const first = await begin('mobile')
    await setRoles('mobile', ['user', 'admin'])
    const second = await refresh(first.refresh_token)
    expect(await rolesOf(second.access_token)).toEqual(['user'])
    expect(await rolesOf((await refresh(second.refresh_token)).access_token)).toEqual(['user'])
    it.provider.accounts.set('mobile', { roles: ['support-lead'] })
    expect((await it.who((await it.signIn('mobile')).headers(it.origin)))['roles']).toEqual(['user', 'admin'])
  })

  test('has it by no renewed cookie either; staff gain other roles there', async () => {
    const renewed = async (id: string, before: string[], after: string[]) => {
      const headers = await it.bff.signIn({ kind: 'cookie', userId: id, roles: before as ['user'] })
      await setRoles(id, after)
      const answer = await it.bff.call('POST', '/auth/refresh', { headers })
      return (await it.who({ ...headers, cookie: String(answer.headers.get('set-cookie')).split(';')[0]! }))['roles']
    }
    expect(await renewed('promoted', ['user'], ['user', 'agent'])).toEqual(['user'])
    expect(await renewed('moved', ['user', 'agent'], ['user', 'admin'])).toEqual(['user', 'admin'])
  })

  test('has a session as long as that of staff after a step-up', async () => {
    const walker = await it.signIn('stepper')
    expect(leftOf(await it.who(walker.headers(it.origin)))).toBeGreaterThan(11 * hours)
    it.provider.accounts.set('stepper', { roles: ['support-lead'] })
    await walker.signIn(`${it.origin}/bff/auth/login?stepUp=1`, 'stepper')
    const session = await it.who(walker.headers(it.origin))
    expect(session['roles']).toEqual(['user', 'admin'])
    expect(leftOf(session)).toBeLessThan(8 * hours + 60)
    expect(leftOf(session)).toBeGreaterThan(7 * hours)
  })
})
