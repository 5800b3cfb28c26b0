import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { appId, type Bff, mina, startBff } from '../support/bff.ts'
import { canaryServiceKey } from '../support/canaries.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores = [['in this process', {}], ...(redisUrl ? [['Redis', { REDIS_URL: redisUrl }]] : [])] as [string, Record<string, string>][]

describe.each(stores)('sessions, %s', (_name, env) => {
  let bff: Bff
  beforeAll(async () => {
    bff = await startBff({ env })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })

  const mint = (body: unknown, headers?: Record<string, string>) => bff.private('POST', '/sessions', body, headers)
  const whoAmI = async (headers: Record<string, string>) => (await bff.call('GET', '/auth/session', { headers })).json

  describe('minting', () => {
    test('gives a bearer token that works, and says when it ends', async () => {
      const answer = await mint({ kind: 'bearer', userId: mina.userId })
      expect(answer.status).toBe(201)
      expect(answer.json).toEqual({
        token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        sessionId: expect.stringMatching(/^s_/),
        expiresAt: expect.stringMatching(/Z$/),
      })
      expect(await whoAmI({ authorization: `Bearer ${answer.json.token}` })).toMatchObject({
        signedIn: true,
        userId: mina.userId,
        roles: ['user'],
        kind: 'bearer',
        appId,
      })
    })

    test('gives a cookie for the backend to pass on, fit for http on this machine only', async () => {
      const { setCookie } = (await mint({ kind: 'cookie', userId: mina.userId })).json
      expect(setCookie).toMatch(/^bff-dev=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict$/)
    })

    test.each([
      ['no service key', {}, undefined, 401],
      ['a wrong service key', { authorization: 'Bearer wrong' }, undefined, 401],
      ['a kind that does not exist', undefined, { kind: 'magic', userId: 'x' }, 400],
      ['neither user nor actor', undefined, { kind: 'bearer' }, 400],
      ['the role user without a user', undefined, { kind: 'bearer', actor: { id: 'x' } }, 400],
      ['a program without a name', undefined, { kind: 'service', userId: 'x', roles: ['agent'] }, 400],
      ['a ttl beyond the kind', undefined, { kind: 'cookie', userId: 'x', ttl: 86_400 }, 400],
      ['an authTime in the future', undefined, { kind: 'bearer', userId: 'x', authTime: 9_999_999_999 }, 400],
      ['the userId ..', undefined, { kind: 'bearer', userId: '..' }, 400],
      ['a userId with a newline', undefined, { kind: 'bearer', userId: 'a\nb' }, 400],
      ['another app', undefined, { kind: 'bearer', userId: 'x', appId: 'nobody' }, 400],
      ['an unknown field', undefined, { kind: 'bearer', userId: 'x', admin: true }, 400],
    ])('refuses %s', async (_what, headers, body, status) => {
      const answer = await mint(body ?? { kind: 'bearer', userId: 'x' }, headers)
      expect([answer.status, answer.json.error.description.length > 10]).toEqual([status, true])
    })

    test('keeps a capped key to its roles', async () => {
      const capped = { authorization: `Bearer ${canaryServiceKey}-2` }
      expect((await mint({ kind: 'bearer', userId: mina.userId, roles: ['user', 'agent'] }, capped)).status).toBe(201)
      expect((await mint({ kind: 'bearer', actor: { id: 'x' }, roles: ['admin'] }, capped)).status).toBe(403)
    })

    test('takes a userId that looks like an _id when it is a userId, and refuses it when it is an _id', async () => {
      const hex = 'abcdefabcdefabcdefabcdef'
      bff.sandbox.createUser(appId, { userId: hex })
      const other = bff.sandbox.createUser(appId, { userId: 'someone-else' })
      expect((await mint({ kind: 'bearer', userId: hex })).status).toBe(201)
      const refused = await mint({ kind: 'bearer', userId: other._id })
      expect([refused.status, refused.json.error.description]).toEqual([400, "userId: this is another user's _id."])
      expect((await mint({ kind: 'bearer', userId: '0123456789abcdef01234567' })).status).toBe(201)
    })

    test('does not hang on a vendor that is down, except where it must know', async () => {
      bff.sandbox.fault({ operation: 'get_app_user', status: 500 })
      const answers = [
        await mint({ kind: 'bearer', userId: 'never-seen-before' }),
        await mint({ kind: 'bearer', userId: 'aaaaaaaaaaaaaaaaaaaaaaaa' }),
      ]
      bff.sandbox.clearFaults()
      expect(answers.map(({ status }) => status)).toEqual([201, 503])
    })

    test('lists service sessions and revokes them', async () => {
      const minted = (await mint({ kind: 'service', actor: { id: 'crm', name: 'CRM sync' }, roles: ['agent'] })).json
      const headers = { authorization: `Bearer ${minted.token}` }
      expect((await bff.call('GET', `/v1.1/appusers/${mina.userId}`, { headers })).status).toBe(200)
      const listed = (await bff.private('GET', '/sessions')).json.sessions as { sessionId: string }[]
      expect(listed.find(({ sessionId }) => sessionId === minted.sessionId)).toMatchObject({ actor: 'CRM sync', roles: ['agent'], appId })
      expect((await bff.private('DELETE', `/sessions/${minted.sessionId}`)).status).toBe(204)
      expect((await bff.call('GET', `/v1.1/appusers/${mina.userId}`, { headers })).status).toBe(401)
      expect((await bff.private('DELETE', `/sessions/${minted.sessionId}`)).status).toBe(404)
    })
  })

  describe('being signed in', () => {
    test('without a session one is signed out, with no error', async () => {
      const answer = await bff.call('GET', '/auth/session')
      expect([answer.status, answer.json]).toEqual([200, { signedIn: false }])
    })

    test('signing out ends the session and clears the cookie', async () => {
      const headers = await bff.signIn({ kind: 'cookie' })
      expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(200)
      const out = await bff.call('DELETE', '/auth/session', { headers })
      expect([out.status, out.headers.get('set-cookie')]).toEqual([204, 'bff-dev=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0'])
      expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(401)
      expect(await whoAmI(headers)).toEqual({ signedIn: false })
    })

    test('both own names are accepted from the first call on', async () => {
      const user = bff.sandbox.createUser(appId, { userId: 'two-names' })
      const headers = await bff.signIn({ userId: 'two-names' })
      for (const name of [user._id, 'two-names', 'me'])
        expect((await bff.call('GET', `/v1.1/appusers/${name}`, { headers })).json.appUser._id).toBe(user._id)
    })

    test('a userId that no path may hold is reached as me', async () => {
      bff.sandbox.createUser(appId, { userId: 'tenant/42?x#y' })
      const headers = await bff.signIn({ userId: 'tenant/42?x#y' })
      expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).json.appUser.userId).toBe('tenant/42?x#y')
    })

    test('staff without an app user have no me', async () => {
      const headers = await bff.signIn({ roles: ['agent'], actor: { id: 'a' } })
      const answer = await bff.call('GET', '/v1.1/appusers/me', { headers })
      expect([answer.status, answer.json.error.code]).toEqual([404, 'no_app_user'])
    })

    test('staff who signed in long ago must step up for what cannot be undone; programs need not', async () => {
      const longAgo = Math.floor(Date.now() / 1000) - 16 * 60
      bff.sandbox.createUser(appId, { userId: 'to-go' })
      const path = '/v1.1/appusers/to-go/profile'
      const person = await bff.signIn({ roles: ['admin'], actor: { id: 'a' }, authTime: longAgo })
      const refused = await bff.call('DELETE', path, { headers: person })
      expect([refused.status, refused.json.error.code]).toEqual([401, 'step_up_required'])
      expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer error="insufficient_user_authentication", .*max_age=900$/)
      const program = await bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: 'p' }, authTime: longAgo })
      expect((await bff.call('DELETE', path, { headers: program })).status).toBe(200)
    })
  })

  describe('an app user who does not exist yet', () => {
    test('is created at the first call for me', async () => {
      const headers = await bff.signIn({ userId: 'newcomer' })
      const answer = await bff.call('GET', '/v1.1/appusers/me', { headers })
      expect([answer.status, answer.json.appUser.userId]).toEqual([200, 'newcomer'])
      expect((await bff.call('GET', `/v1.1/appusers/${answer.json.appUser._id}`, { headers })).status).toBe(200)
    })

    test('is created once by many first calls', async () => {
      const headers = await bff.signIn({ userId: 'newcomer-in-a-hurry' })
      const answers = await Promise.all(Array.from({ length: 10 }, () => bff.call('GET', '/v1.1/appusers/me', { headers })))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      expect(new Set(answers.map(({ json }) => json.appUser._id)).size).toBe(1)
    })

    test('is not created for staff and programs', async () => {
      for (const who of [{ roles: ['agent' as const] }, { kind: 'service' as const, actor: { id: 'p' }, roles: ['user' as const] }]) {
        const headers = await bff.signIn({ userId: 'nobody-yet', ...who })
        expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(404)
      }
      expect(bff.sandbox.user(appId, 'nobody-yet')).toBeUndefined()
    })

    test('is not created anew after a deletion, and the deleted person is signed out', async () => {
      const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'a' } })
      for (const byId of [false, true]) {
        const headers = await bff.signIn({ userId: 'to-be-deleted' })
        const { _id } = (await bff.call('GET', '/v1.1/appusers/me', { headers })).json.appUser
        expect((await bff.call('DELETE', `/v1.1/appusers/${byId ? _id : 'to-be-deleted'}`, { headers: admin })).status).toBe(200)
        expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(401)
        expect(bff.sandbox.user(appId, 'to-be-deleted')).toBeUndefined()
      }
      const again = await bff.signIn({ userId: 'to-be-deleted' })
      expect((await bff.call('GET', '/v1.1/appusers/me', { headers: again })).status).toBe(200)
    })

    test('a person merged away is signed out, the survivor is not', async () => {
      const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'a' } })
      const surviving = bff.sandbox.createUser(appId, { userId: 'stays' })
      const discarded = bff.sandbox.createUser(appId, { userId: 'goes' })
      const [stays, goes] = [await bff.signIn({ userId: 'stays' }), await bff.signIn({ userId: 'goes' })]
      const merged = await bff.call('POST', '/v1.1/appusers/merge', {
        headers: admin,
        json: { surviving: { _id: surviving._id }, discarded: { _id: discarded._id } },
      })
      expect(merged.status).toBe(200)
      expect((await bff.call('GET', '/v1.1/appusers/me', { headers: stays })).status).toBe(200)
      expect((await bff.call('GET', '/v1.1/appusers/me', { headers: goes })).status).toBe(401)
    })

    test('a deletion that the vendor refused signs nobody out', async () => {
      const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'a' } })
      const headers = await bff.signIn({ userId: 'kept' })
      await bff.call('GET', '/v1.1/appusers/me', { headers })
      bff.sandbox.fault({ operation: 'delete_app_user', status: 409, times: 1 })
      expect((await bff.call('DELETE', '/v1.1/appusers/kept', { headers: admin })).status).toBe(409)
      expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(200)
    })
  })
})

test('with AUTO_CREATE off the answer says so', async () => {
  await using bff = await startBff({ env: { AUTO_CREATE: 'off' } })
  const headers = await bff.signIn({ userId: 'newcomer' })
  const answer = await bff.call('GET', '/v1.1/appusers/me', { headers })
  expect([answer.status, answer.json.error.code]).toEqual([404, 'app_user_not_created'])
})
