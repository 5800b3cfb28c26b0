/** A family forgot all but its last two access sessions: whoever refreshed three times within 20 seconds and signed out left the first ones open. And the first refresh gave the first access session again, which so kept its whole life and took over the new roles. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { audience, startWithProvider, type WithProvider } from '../../support/with-provider.ts'

let it: WithProvider
beforeAll(async () => {
  it = await startWithProvider()
})
afterAll(async () => {
  await it[Symbol.asyncDispose]()
})

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

const exchange = async (sub: string): Promise<Tokens> => {
  const iat = Math.floor(Date.now() / 1000)
  const subject_token = await it.provider.sign({ sub, aud: audience, iat, exp: iat + 300, jti: randomUUID() })
  const grant_type = 'urn:ietf:params:oauth:grant-type:token-exchange'
  const subject_token_type = 'urn:ietf:params:oauth:token-type:id_token'
  return (await it.bff.call('POST', '/auth/session', { json: { grant_type, subject_token_type, subject_token } })).json
}
const refresh = async ({ refresh_token }: Tokens): Promise<Tokens> =>
  (await it.bff.call('POST', '/auth/refresh', { json: { refresh_token } })).json
const bearer = ({ access_token }: Tokens) => ({ authorization: `Bearer ${access_token}` })
const isSignedIn = async (tokens: Tokens): Promise<unknown> => (await it.who(bearer(tokens)))['signedIn']

test.each([1, 2, 3, 5])('after %d refreshes in a row a sign-out ends every access token', async (count) => {
  const given = [await exchange(`app-${count}`)]
  for (let i = 0; i < count; i++) given.push(await refresh(given.at(-1)!))
  expect(await Promise.all(given.map(isSignedIn))).toEqual(given.map(() => true))
  expect((await it.bff.call('DELETE', '/auth/session', { headers: bearer(given.at(-1)!) })).status).toBe(204)
  expect(await Promise.all(given.map(isSignedIn))).toEqual(given.map(() => false))
})

test('the first access token is one of its own: a refresh leaves it to its calls in flight, without new roles', async () => {
  const first = await exchange('promoted')
  await it.bff.private('POST', '/sessions/roles', { userId: 'promoted', roles: ['user', 'service'] })
  const second = await refresh(first)
  const [old, now] = [await it.who(bearer(first)), await it.who(bearer(second))]
  expect([old['roles'], now['roles']]).toEqual([['user'], ['user', 'service']])
  const left = (view: Record<string, unknown>) => Date.parse(String(view['expiresAt'])) - Date.parse(String(now['createdAt']))
  expect(left(old) / left(now)).toBeLessThan(0.1)
})
