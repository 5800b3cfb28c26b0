/** B1, B2, B4: what an end user cannot reach, learn or pretend. Nothing of it is ever sent. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { all } from '../../src/contract/operations.ts'
import { type Bff, type Carried, mina, startBff } from '../support/bff.ts'
import { ask, json, long, type RawRequest, refusal } from './requests.ts'

let bff: Bff
let minasId: string
beforeAll(async () => {
  bff = await startBff({ env: { SELF_PROPERTIES: 'colour' } })
  minasId = bff.sandbox.user(bff.sandbox.apps[0]!.appId, mina.userId)!._id
  bff.sandbox.createUser(bff.sandbox.apps[0]!.appId, { userId: 'bob' })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const bodies: Record<string, unknown> = {
  AppUserUpdate: { givenName: 'Mallory' },
  AppUserLink: { type: 'twilio', phoneNumber: '+15145550100', confirmation: { type: 'prompt' } },
}

/** The same call about somebody else. */
const about = (row: (typeof all)[number], id: string, headers: Carried): RawRequest => {
  const path = `${long}${row.path.replace(':userId', id).replace(':channel', 'twilio')}${row.query ? '?integrationIds=x' : ''}`
  const body = row.takes && bodies[row.takes]
  return {
    method: row.method,
    path,
    headers: { ...headers, ...(body !== undefined && json) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }
}

/** All that a caller can see of an answer, without what differs each time. */
const seen = async (request: RawRequest) => {
  const { status, headers, body } = await ask(bff, request)
  const { date: _date, ratelimit: _left, 'x-request-id': _id, ...rest } = headers
  return { status, headers: rest, body: body.replace(/req_[\w-]+/, 'req') }
}

const forSelf = all.filter(({ by, path }) => by.includes('self') && path.includes(':userId'))

describe.each(['cookie', 'bearer'] as const)('an end user by %s', (kind) => {
  let bob: Carried
  beforeAll(async () => {
    bob = await bff.signIn({ kind, userId: 'bob' })
    bff.sent()
  })

  test.each(forSelf.map((row) => [row.id, row] as const))(
    'B1: %s of somebody else is 404, byte for byte as for nobody',
    async (_id, row) => {
      const unknown = await seen(about(row, 'nobody-at-all', bob))
      expect(unknown).toMatchObject({ status: 404, body: expect.stringContaining('"user_not_found"') })
      for (const id of [
        mina.userId,
        minasId,
        minasId.toUpperCase(),
        '0123456789abcdef01234567',
        'BOB',
        'ME',
        'merge',
        'bob%20b',
        `${mina.userId}@x.example`,
      ])
        expect([id, await seen(about(row, id, bob))]).toEqual([id, unknown])
      expect(bff.sent()).toBe(0)
    },
  )

  test.each(all.filter(({ by }) => !by.includes('self')).map((row) => [row.id, row] as const))(
    'B2: %s is 403, whoever it is about',
    async (_id, row) => {
      const about = row.takes === 'AppUserMerge' ? { surviving: { _id: 'bob' }, discarded: { _id: mina.userId } } : { userId: 'bob' }
      for (const id of ['me', 'bob', mina.userId, 'nobody-at-all']) {
        const path = `${long}${row.path.replace(':userId', id)}${row.query ? '?integrationIds=x' : ''}`
        const content = row.takes ? { body: JSON.stringify(about) } : {}
        const answer = await ask(bff, { method: row.method, path, headers: { ...bob, ...(row.takes && json) }, ...content })
        expect(refusal(answer)).toEqual([403, 'forbidden'])
      }
      expect(bff.sent()).toBe(0)
    },
  )

  test.each([
    ['userId', { userId: 'mina' }, 400],
    ['_id', { _id: '0123456789abcdef01234567' }, 400],
    ['signedUpAt', { signedUpAt: '2020-01-01T00:00:00Z' }, 403],
    ['avatarUrl', { avatarUrl: 'https://evil.example/x.png' }, 403],
    ['conversationStarted', { conversationStarted: true }, 400],
    ['clients', { clients: [] }, 400],
    ['a property that is not listed', { properties: { colour: 'red', plan: 'gold' } }, 403],
    ['a property with a name like toString', { properties: { toString: 'x' } }, 403],
    ['a property that is an object', { properties: { colour: { plan: 'gold' } } }, 400],
  ])('B2: an update may not write %s', async (_what, body, status) => {
    const answer = await ask(bff, { method: 'PUT', path: `${long}/appusers/me`, headers: { ...bob, ...json }, body: JSON.stringify(body) })
    expect(refusal(answer)).toEqual([status, status === 403 ? 'field_not_allowed' : 'bad_request'])
    expect(bff.sent()).toBe(0)
  })

  test('B2: a link that takes effect at once is for staff', async () => {
    const body = JSON.stringify({ type: 'twilio', phoneNumber: '+15145550100', confirmation: { type: 'immediate' } })
    const answer = await ask(bff, { method: 'POST', path: `${long}/appusers/me/channels`, headers: { ...bob, ...json }, body })
    expect(refusal(answer)).toEqual([403, 'field_not_allowed'])
    expect(bff.sent()).toBe(0)
  })

  test('B4: headers that name another user mean nothing', async () => {
    const lines = [
      'X-User-Id: admin',
      'X-Forwarded-User: admin',
      'X-Remote-User: admin',
      'X-App-User: mina',
      'X-Roles: admin',
      'Forwarded: for=127.0.0.1;by=admin',
      'X-Real-IP: 127.0.0.1',
    ]
    const answer = await ask(bff, { path: '/auth/session', headers: bob, lines })
    expect(answer.json()).toMatchObject({ userId: 'bob', roles: ['user'] })
    expect((await ask(bff, { path: `${long}/appusers/${mina.userId}`, headers: bob, lines })).status).toBe(404)
    expect(bff.sent()).toBe(0)
  })

  test.each(['X_Forwarded_User: admin', 'x_user_id: bob', 'content_length: 5', '__proto__: x', '_: x'])(
    'B4: the header %s is refused',
    async (line) => {
      expect(refusal(await ask(bff, { path: '/v1.1/appusers/me', headers: bob, lines: [line] }))).toEqual([400, 'bad_request'])
      expect(bff.sent()).toBe(0)
    },
  )
})

test('the person is reached as me, by userId and by _id, and by nothing else that looks alike', async () => {
  const bob = await bff.signIn({ userId: 'bob' })
  const { _id } = (await bff.call('GET', '/v1.1/appusers/me', { headers: bob })).json.appUser
  bff.sent()
  for (const id of ['me', 'bob', 'b%6fb', _id])
    expect((await ask(bff, { path: `/v1.1/appusers/${id}/channels`, headers: bob })).status).toBe(200)
  expect(bff.sent()).toBe(4)
})
