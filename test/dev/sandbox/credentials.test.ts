/** Credentials, scopes, apps and the two forms of a path. */
import { describe, expect, test } from '@jest/globals'
import { appId, askOf, basic, jwt, keyId, keySecret, start } from './start.ts'

const otherId = '69f0100f2a3b4c5d6e7f80aa'
const account = { id: 'act_69f0100f2a3b4c5d6e7f80bb', secret: 'account-secret' }
const apps = [
  { appId, keys: [{ id: keyId, secret: keySecret, scope: 'app' as const }] },
  {
    appId: otherId,
    keys: [
      { id: 'app_other', secret: 'other-secret', scope: 'app' as const },
      { ...account, scope: 'account' as const },
    ],
  },
] as const
const people = [{ userId: 'u' }, { userId: 'v' }, { userId: 'u', appId: otherId }]
const sign = (claims: object) => jwt(claims)
const signAccount = (claims: object) => jwt(claims, { kid: account.id, secret: account.secret })
const now = () => Math.floor(Date.now() / 1000)

describe('credentials', () => {
  test.each([
    ['Basic', () => basic()],
    ['a JWT of scope app', () => sign({ scope: 'app' })],
    ['a JWT that has not expired', () => sign({ scope: 'app', exp: now() + 60 })],
    ['a lower-case scheme', () => basic().replace('Basic', 'basic')],
  ])('%s is taken', async (_name, authorization) => {
    await using it = await start({ apps, people })
    expect((await it.ask('GET', '/appusers/u', undefined, { authorization: authorization() })).status).toBe(200)
  })

  test.each([
    ['no credential', () => ''],
    ['a wrong secret', () => basic(keyId, 'wrong')],
    ['an unknown key', () => basic('app_nobody')],
    ['a JWT signed with another secret', () => jwt({ scope: 'app' }, { secret: 'wrong' })],
    ['a JWT of an unknown key', () => jwt({ scope: 'app' }, { kid: 'app_nobody' })],
    ['a JWT that says alg none', () => jwt({ scope: 'app' }, { alg: 'none' })],
    ['an expired JWT', () => sign({ scope: 'app', exp: now() - 1 })],
    ['a JWT whose exp is text', () => sign({ scope: 'app', exp: 'never' })],
    ['a JWT with a numeric userId', () => sign({ scope: 'appUser', userId: 7 })],
    ['no JWT at all', () => 'Bearer abc'],
    ['another scheme', () => 'Digest abc'],
  ])('%s is answered with 401', async (_name, authorization) => {
    await using it = await start({ apps, people })
    const answer = await it.ask('DELETE', '/appusers/u', undefined, { authorization: authorization() })
    expect(answer).toMatchObject({ status: 401, body: { error: { code: 'unauthorized', description: expect.any(String) } } })
    expect(it.sandbox.requests).toMatchObject([{ operation: 'delete_app_user', applied: false, status: 401 }])
  })

  test('a scope that is missing or more than the key has is 403', async () => {
    await using it = await start({ apps, people })
    for (const claims of [{}, { scope: 'root' }, { scope: 'account' }]) {
      expect(await it.ask('GET', '/appusers/u', undefined, { authorization: sign(claims) })).toMatchObject({
        status: 403,
        body: { error: { code: 'forbidden', description: 'Invalid scope' } },
      })
    }
  })

  test('scope appUser reaches its own user only', async () => {
    await using it = await start({ apps, people })
    const authorization = sign({ scope: 'appUser', userId: 'u' })
    const statusOf = async (method: string, path: string, body?: unknown) => (await it.ask(method, path, body, { authorization })).status
    expect(await statusOf('GET', '/appusers/u')).toBe(200)
    expect(await statusOf('GET', `/appusers/${it.sandbox.user(appId, 'u')?._id}`)).toBe(200)
    expect(await statusOf('GET', '/v1.1/appusers/u')).toBe(200)
    expect(await statusOf('GET', '/appusers/v')).toBe(403)
    expect(await statusOf('POST', '/appusers', { userId: 'w' })).toBe(403)
    expect(await statusOf('GET', '/webhooks')).toBe(403)
  })
})

describe('several apps', () => {
  test('an app key reaches its own app, an account key each, and the users are apart', async () => {
    await using it = await start({ apps, people })
    const other = askOf(it.sandbox, otherId)
    expect(await other('GET', '/appusers/u')).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } })
    for (const authorization of [basic(account.id, account.secret), signAccount({ scope: 'account' })]) {
      const [mine, theirs] = await Promise.all([it.ask, other].map((ask) => ask('GET', '/appusers/u', undefined, { authorization })))
      expect(mine?.body.appUser._id).toBe(it.sandbox.user(appId, 'u')?._id)
      expect(theirs?.body.appUser._id).toBe(it.sandbox.user(otherId, 'u')?._id)
      expect((await other('GET', '/appusers/v', undefined, { authorization })).status).toBe(404)
      const nowhere = await askOf(it.sandbox, 'f'.repeat(24))('GET', '/appusers/u', undefined, { authorization })
      expect(nowhere).toMatchObject({ status: 404, body: { error: { code: 'app_not_found' } } })
    }
  })

  test('delete app answers 200 to an account key and takes everything with it; an app key may not', async () => {
    await using it = await start({ apps, people })
    expect((await it.ask('DELETE', '')).status).toBe(403)
    const authorization = basic(account.id, account.secret)
    expect((await it.ask('DELETE', '/', undefined, { authorization })).status).toBe(200)
    expect(it.sandbox.requests.at(-1)).toMatchObject({ operation: 'delete_app', applied: true })
    expect(it.sandbox.apps).toMatchObject([
      { appId, deleted: true },
      { appId: otherId, deleted: false },
    ])
    expect((await it.ask('GET', '/appusers/u')).body.error.code).toBe('app_not_found')
    it.sandbox.reset()
    expect((await it.ask('GET', '/appusers/u')).status).toBe(200)
  })
})

describe('the short form', () => {
  test('means the app of an app key, and is closed to account keys', async () => {
    await using it = await start({ apps, people })
    expect((await it.ask('GET', '/v1.1/appusers/u')).body.appUser._id).toBe(it.sandbox.user(appId, 'u')?._id)
    const theirs = await it.ask('GET', '/v1.1/appusers/u', undefined, { authorization: basic('app_other', 'other-secret') })
    expect(theirs.body.appUser._id).toBe(it.sandbox.user(otherId, 'u')?._id)
    for (const authorization of [basic(account.id, account.secret), signAccount({ scope: 'account' }), signAccount({ scope: 'app' })]) {
      expect((await it.ask('GET', '/v1.1/appusers/u', undefined, { authorization })).status).toBe(403)
    }
    expect((await it.ask('DELETE', '/v1.1/')).status).toBe(404)
  })
})

describe('a prefix', () => {
  test('stands before both forms, and nothing is found without it', async () => {
    await using it = await start({ prefix: '/sc', people: [{ userId: 'u' }] })
    expect(it.sandbox.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/sc$/)
    expect((await it.ask('GET', '/appusers/u')).status).toBe(200)
    expect((await it.ask('GET', '/v1.1/appusers/u')).status).toBe(200)
    const bare = await fetch(`${it.sandbox.origin}/v1.1/apps/${appId}/appusers/u`, { headers: { authorization: basic() } })
    expect([bare.status, await bare.json()]).toEqual([404, { error: { code: 'not_found', description: 'Not found' } }])
    await expect(start({ prefix: 'sc/' })).rejects.toThrow('prefix')
  })
})
