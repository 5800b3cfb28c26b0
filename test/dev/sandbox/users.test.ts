/** Users of the stand-in: created, read by either name, changed, cleared, deleted. */
import { describe, expect, test } from '@jest/globals'
import { appId, start } from './start.ts'

describe('pre_create_app_user', () => {
  test('answers 201 with the user in the shape and key order of the vendor', async () => {
    await using it = await start()
    const { status, headers, body } = await it.ask('POST', '/appusers', {
      userId: 'cust-1',
      givenName: 'Mina',
      properties: { plan: 'gold' },
    })
    expect(status).toBe(201)
    expect(headers.get('content-type')).toMatch(/^application\/json/)
    expect(Object.keys(body.appUser)).toEqual([
      '_id',
      'userId',
      'givenName',
      'signedUpAt',
      'conversationStarted',
      'clients',
      'pendingClients',
      'properties',
    ])
    expect(body.appUser).toMatchObject({ userId: 'cust-1', conversationStarted: false, clients: [], properties: { plan: 'gold' } })
    expect(body.appUser._id).toMatch(/^[0-9a-f]{24}$/)
    expect(Math.abs(Date.parse(body.appUser.signedUpAt) - Date.now())).toBeLessThan(5000)
  })

  test('refuses a userId that is taken with 409, and one that is missing or no string with 400', async () => {
    await using it = await start({ people: [{ userId: 'cust-1' }] })
    expect(await it.ask('POST', '/appusers', { userId: 'cust-1' })).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } })
    for (const body of [{}, { userId: 7 }, { userId: '' }, [], 'null', '{"userId":', { userId: 'x', signedUpAt: 'soon' }]) {
      expect(await it.ask('POST', '/appusers', body)).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } })
    }
    expect(it.sandbox.users()).toHaveLength(1)
  })

  test('cuts long properties, and refuses nested ones and more than 4 KB', async () => {
    await using it = await start()
    const cut = await it.ask('POST', '/appusers', { userId: 'a', properties: { ['k'.repeat(120)]: 'é'.repeat(700), __proto: 1 } })
    expect(cut.body.appUser.properties).toEqual({ ['k'.repeat(100)]: 'é'.repeat(400), __proto: 1 })
    const many = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`k${i}`, 'v'.repeat(700)]))
    for (const properties of [{ deep: {} }, { list: [] }, many, 'x']) {
      expect((await it.ask('POST', '/appusers', { userId: 'b', properties })).status).toBe(400)
    }
    const proto = await it.ask('POST', '/appusers', '{"userId":"c","properties":{"__proto__":"x"}}')
    expect(proto.text).toContain('"properties":{"__proto__":"x"}')
  })
})

describe('get_app_user', () => {
  test('knows a user by either name, and _id wins over a userId that reads the same', async () => {
    await using it = await start({ people: [{ userId: 'steveb@channel5.com' }] })
    const byName = await it.ask('GET', '/appusers/steveb%40channel5.com')
    const { _id } = byName.body.appUser
    expect((await it.ask('GET', `/appusers/${_id}`)).body).toEqual(byName.body)
    const impostor = await it.ask('POST', '/appusers', { userId: _id })
    expect(impostor.status).toBe(201)
    expect((await it.ask('GET', `/appusers/${_id}`)).body.appUser.userId).toBe('steveb@channel5.com')
    expect((await it.ask('POST', '/appusers', { userId: _id })).status).toBe(409)
  })

  test('shows an anonymous user without the key userId, and no such user as 404', async () => {
    await using it = await start()
    const { _id } = it.sandbox.createUser(appId)
    expect((await it.ask('GET', `/appusers/${_id}`)).text).not.toContain('userId')
    expect(await it.ask('GET', '/appusers/nobody')).toMatchObject({
      status: 404,
      body: { error: { code: 'user_not_found', description: 'User not found' } },
    })
  })
})

describe('update_app_user', () => {
  test('adds to what is there, in spite of PUT, and leaves the userId alone', async () => {
    await using it = await start({ people: [{ userId: 'u', givenName: 'Mina', properties: { plan: 'gold', seats: 3 } }] })
    const { status, body } = await it.ask('PUT', '/appusers/u', { surname: 'Okafor', userId: 'other', properties: { seats: 4 } })
    expect(status).toBe(200)
    expect(body.appUser).toMatchObject({ userId: 'u', givenName: 'Mina', surname: 'Okafor', properties: { plan: 'gold', seats: 4 } })
    expect((await it.ask('PUT', '/appusers/nobody', {})).status).toBe(404)
  })

  test('clears with null, or refuses it when switched so; a refusal changes nothing', async () => {
    await using it = await start({ people: [{ userId: 'u', givenName: 'Mina', properties: { plan: 'gold' } }] })
    it.sandbox.switches.nullInUpdate = 'refuse'
    expect((await it.ask('PUT', '/appusers/u', { surname: 'X', givenName: null })).status).toBe(400)
    expect((await it.ask('PUT', '/appusers/u', { surname: 'X', properties: { plan: null } })).status).toBe(400)
    expect(it.sandbox.user(appId, 'u')).not.toHaveProperty('surname')
    it.sandbox.switches.nullInUpdate = 'clear'
    const { body } = await it.ask('PUT', '/appusers/u', { givenName: null, properties: { plan: null } })
    expect(body.appUser).not.toHaveProperty('givenName')
    expect(body.appUser.properties).toEqual({})
  })
})

describe('delete_app_user_profile', () => {
  test('clears the person and keeps ids, date, clients and history', async () => {
    const client = {
      platform: 'twilio',
      externalId: '+15145550100',
      displayName: '+1',
      avatarUrl: 'https://a',
      info: { city: 'M' },
      raw: { a: 1 },
    }
    const person = { userId: 'u', givenName: 'M', surname: 'O', email: 'm@example.org', conversationStarted: true, properties: { a: 1 } }
    await using it = await start({ people: [{ ...person, clients: [client] }] })
    const before = it.sandbox.user(appId, 'u')!
    const { status, body } = await it.ask('DELETE', '/appusers/u/profile')
    expect(status).toBe(200)
    const { _id, signedUpAt } = before
    const [had] = before.clients
    expect(body.appUser).toEqual({
      ...{ _id, userId: 'u', signedUpAt, conversationStarted: true, pendingClients: [], properties: {} },
      clients: [
        {
          _id: had!._id,
          id: had!.id,
          platform: 'twilio',
          externalId: '+15145550100',
          status: 'active',
          active: true,
          lastSeen: had!.lastSeen,
          info: {},
          raw: {},
        },
      ],
    })
  })
})

describe('delete_app_user', () => {
  test('answers {} and the user is gone by both names; a repeat is 404; the userId is free again', async () => {
    await using it = await start({ people: [{ userId: 'u' }] })
    const { _id } = it.sandbox.user(appId, 'u')!
    expect(await it.ask('DELETE', '/appusers/u')).toMatchObject({ status: 200, text: '{}' })
    for (const id of ['u', _id]) expect((await it.ask('GET', `/appusers/${id}`)).status).toBe(404)
    expect((await it.ask('DELETE', '/appusers/u')).status).toBe(404)
    const again = await it.ask('POST', '/appusers', { userId: 'u' })
    expect(again.status).toBe(201)
    expect(again.body.appUser._id).not.toBe(_id)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(it.sandbox.user(appId, 'u')?._id).toBe(again.body.appUser._id)
  })

  test('answers an empty 200 or 204 when switched so', async () => {
    await using it = await start({ people: [{ userId: 'a' }, { userId: 'b' }], switches: { nothing: 'empty' } })
    const empty = await it.ask('DELETE', '/appusers/a')
    expect([empty.status, empty.text, empty.headers.get('content-type')]).toEqual([200, '', null])
    it.sandbox.switches.nothing = 'no-content'
    expect((await it.ask('DELETE', '/appusers/b')).status).toBe(204)
  })

  test('leaves the user readable until the deletion is complete when switched so', async () => {
    await using it = await start({
      people: [{ userId: 'u' }, { userId: 'v' }],
      switches: { whileDeleting: 'readable', deletionTakes: 60_000 },
    })
    expect((await it.ask('DELETE', '/appusers/u')).status).toBe(200)
    expect((await it.ask('GET', '/appusers/u')).status).toBe(200)
    expect((await it.ask('DELETE', '/appusers/u')).status).toBe(200)
    it.sandbox.switches.deletionTakes = 50
    expect((await it.ask('DELETE', '/appusers/v')).status).toBe(200)
    let read = 200
    while (read === 200) read = (await it.ask('GET', '/appusers/v')).status
    expect(read).toBe(404)
  })

  test('takes nobody with it who was made under the same names before it was complete', async () => {
    await using it = await start({ people: [{ userId: 'u' }], switches: { deletionTakes: 50 } })
    const { _id } = it.sandbox.user(appId, 'u')!
    expect((await it.ask('DELETE', '/appusers/u')).status).toBe(200)
    it.sandbox.createUser(appId, { _id, userId: 'u' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await it.ask('GET', `/appusers/${_id}`)).status).toBe(200)
    expect((await it.ask('GET', '/appusers/u')).status).toBe(200)
  })
})
