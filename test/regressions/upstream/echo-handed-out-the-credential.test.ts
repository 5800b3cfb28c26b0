/** Only refusals of the vendor were searched for our credential. A 2xx that repeated the request, as a gateway does that somebody left in a mode for debugging, was passed on to end users and stored. */
import { describe, expect, test } from '@jest/globals'
import { type Bff, keyId, mina, startBff } from '../../support/bff.ts'
import { canaryKey } from '../../support/canaries.ts'

const appUser = { _id: 'a'.repeat(24), userId: mina.userId, conversationStarted: false }

/** What the vendor was sent last. */
const sentTo = (bff: Bff): string => bff.sandbox.requests.at(-1)!.headers.authorization!

describe.each([
  ['a token that we signed', 'signed', (sent: string) => sent],
  ['the first half of it', 'signed', (sent: string) => sent.slice(0, -43)],
  ['the key as it was sent', 'basic', (sent: string) => sent],
  ['the secret of the key', 'signed', () => canaryKey],
])('an answer that holds %s', (_what, SMOOCH_AUTH, echoOf) => {
  test('is shown to nobody and not stored; a change that got it is unknown', async () => {
    await using bff = await startBff({ env: { SMOOCH_AUTH } })
    const person = await bff.signIn()
    const me = (method: string, path = '', json?: object) => bff.call(method, `/v1.1/appusers/me${path}`, { headers: person, json })
    expect((await me('GET', '/channels')).status).toBe(200)
    const echo = echoOf(sentTo(bff))
    expect(echo.length).toBeGreaterThan(16)
    const answered = async (operation: string, body: object, ...call: Parameters<typeof me>) => {
      bff.sandbox.fault({ operation, times: 1, status: 200, body })
      const { status, text } = await me(...call)
      expect(text).not.toContain(echo)
      return status
    }
    const properties = { debug: { headers: { authorization: echo } } }
    expect(await answered('get_app_user_entity_ids', { channels: [], ...properties }, 'GET', '/channels')).toBe(502)
    expect(await answered('get_app_user', { appUser: { ...appUser, properties } }, 'GET')).toBe(502)
    expect((await me('GET')).json.appUser.givenName).toBe('Mina')
    expect(await answered('update_app_user', { appUser: { ...appUser, properties } }, 'PUT', '', { givenName: 'Mo' })).toBe(504)
  })
})

test('an id that looks like that of a key is passed on: no user is kept from being read by it', async () => {
  await using bff = await startBff()
  const person = await bff.signIn()
  bff.sandbox.fault({
    operation: 'get_app_user_entity_ids',
    times: 1,
    status: 200,
    body: { channels: [{ type: 'api', integrationId: keyId }] },
  })
  expect((await bff.call('GET', '/v1.1/appusers/me/channels', { headers: person })).json.channels[0].integrationId).toBe(keyId)
})
