/** Credentials in the wrong place, of the wrong kind, of another app, or two at once. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Secret } from '../../config/secret.ts'
import { startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { appId, type Bff, type Carried, mina, startBff } from '../support/bff.ts'
import { canaryServiceKey } from '../support/canaries.ts'
import { ask, long, refusal, tokenOf } from './requests.ts'

const me = `${long}/appusers/me`

describe('one app', () => {
  let bff: Bff
  let bearer: Carried
  let cookie: Carried
  let program: Carried
  beforeAll(async () => {
    bff = await startBff()
    bearer = await bff.signIn()
    cookie = await bff.signIn({ kind: 'cookie' })
    program = await bff.signIn({ kind: 'service', roles: ['user', 'agent'], actor: { id: 'program' }, userId: mina.userId })
    bff.sent()
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })

  const inCookie = (token: string) => ({ ...cookie, cookie: `bff-dev=${token}` })
  const inHeader = (token: string) => ({ authorization: `Bearer ${token}` })

  test('a token of one kind in the place of another is 401', async () => {
    for (const headers of [inHeader(tokenOf(cookie)), inCookie(tokenOf(bearer)), inCookie(tokenOf(program))])
      expect(refusal(await ask(bff, { path: me, headers }))).toEqual([401, 'unauthorized'])
    expect(bff.sent()).toBe(0)
  })

  test('a bearer token beside the cookie is 400, in whatever state either is', async () => {
    const others = [bearer, program, inHeader('x'), { authorization: 'bearer' }, { authorization: 'BEARER x' }]
    for (const other of others)
      expect(refusal(await ask(bff, { path: me, headers: { ...cookie, ...other } }))).toEqual([400, 'ambiguous_credentials'])
    expect(refusal(await ask(bff, { path: me, headers: { ...inCookie('stale'), ...bearer } }))).toEqual([400, 'ambiguous_credentials'])
    expect(bff.sent()).toBe(0)
  })

  test('Basic beside the cookie is ignored, Basic alone is 401', async () => {
    const basic = { authorization: `Basic ${btoa('staging:password')}` }
    expect((await ask(bff, { path: me, headers: { ...cookie, ...basic } })).status).toBe(200)
    bff.sent()
    const alone = await ask(bff, { path: me, headers: basic })
    expect(refusal(alone)).toEqual([401, 'unauthorized'])
    expect(alone.headers['www-authenticate']).toBe('Bearer')
    expect(bff.sent()).toBe(0)
  })

  test.each([
    ['nothing', {}],
    ['an empty bearer', { authorization: 'Bearer' }],
    ['a service key', { authorization: `Bearer ${canaryServiceKey}` }],
    ['the vendor key by Basic', { authorization: `Basic ${btoa('app_x:y')}` }],
    ['another scheme', { authorization: 'Token x' }],
    ['an unsigned token', { authorization: `Bearer ${btoa('{"alg":"none"}')}.${btoa('{"jti":"x"}')}.` }],
  ])('%s is 401 and nothing is sent', async (_what, headers) => {
    expect(refusal(await ask(bff, { path: me, headers }))).toEqual([401, 'unauthorized'])
    expect(bff.sent()).toBe(0)
  })

  test('a token in the query is an unknown parameter', async () => {
    expect((await ask(bff, { path: `${me}?access_token=${tokenOf(bearer)}`, headers: bearer })).status).toBe(400)
    expect(bff.sent()).toBe(0)
  })

  test('a session token opens nothing on the private listener, a service key nothing on the public one', async () => {
    for (const headers of [bearer, program, {}, { authorization: `Basic ${btoa(`backend:${canaryServiceKey}`)}` }]) {
      const answer = await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'x' }, headers)
      expect([answer.status, answer.json.error.code]).toEqual([401, 'invalid_service_key'])
    }
    for (const path of ['/sessions', '/readyz', '/metrics', '/livez']) expect((await ask(bff, { path, headers: bearer })).status).toBe(404)
  })

  test('a capped service key cannot mint beyond its cap', async () => {
    const capped = { authorization: `Bearer ${canaryServiceKey}-2` }
    for (const roles of [['admin'], ['user', 'admin'], ['service'], ['auditor']]) {
      const answer = await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'x', actor: { id: 'x' }, roles }, capped)
      expect([answer.status, answer.json.error.code]).toEqual([403, 'forbidden'])
    }
  })
})

describe('two apps', () => {
  const other = '5963c0d619a30a2e00de36b8'
  const keyOf = (id: string) => ({ id: `app_${id}`, secret: `canary-key-of-${id}` })

  test('a session works in its own app only, and there also by the short form', async () => {
    await using vendor = await startSandbox({
      apps: [
        { appId, keys: [{ ...keyOf(appId), scope: 'app' }] },
        { appId: other, keys: [{ ...keyOf(other), scope: 'app' }] },
      ],
      people: [mina, { ...mina, appId: other, givenName: 'Other' }],
    })
    const apps = [appId, other].map((id) => {
      const { id: keyId, secret } = keyOf(id)
      return { appId: id, baseUrl: vendor.url, auth: 'signed' as const, keys: [{ id: keyId, secret: new Secret(secret) }], origins: [] }
    })
    await using bff = await startBff({ apps })
    const here = await bff.signIn({ userId: mina.userId, appId: other })
    const admin = await bff.signIn({ appId: other, roles: ['admin'], actor: { id: 'ada' } })
    vendor.clearRequests()
    for (const headers of [here, admin]) {
      for (const id of [mina.userId, 'nobody']) {
        const answer = await bff.call('GET', `/v1.1/apps/${appId}/appusers/${id}`, { headers })
        expect([answer.status, answer.json.error.code]).toEqual([403, 'forbidden'])
        expect((await bff.call('DELETE', `/v1.1/apps/unknown/appusers/${id}`, { headers })).status).toBe(403)
      }
    }
    expect(vendor.requests).toEqual([])
    for (const path of ['/v1.1/appusers/me', `/v1.1/apps/${other}/appusers/${mina.userId}`])
      expect((await bff.call('GET', path, { headers: here })).json.appUser.givenName).toBe('Other')
    expect(vendor.requests.every(({ url }) => url.startsWith(`/v1.1/apps/${other}/`))).toBe(true)
    expect((await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'x' })).status).toBe(400)
  })
})
