/** One field that the vendor answered otherwise than it describes (`"signedUpAt": null`) made its user unreadable, a change that was made a failure, and a deletion unknown. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, imageForm, startBff } from '../../support/bff.ts'

let bff: Bff
let admin: Carried
let self: Carried
let program: Carried
const _id = '6a1f0c2be84d9f3b7715c0aa'
const userId = 'null-person'
beforeAll(async () => {
  bff = await startBff()
  bff.sandbox.createUser(appId, { userId })
  admin = await bff.signIn({ roles: ['admin', 'agent'], actor: { id: 'ada' } })
  self = await bff.signIn({ userId })
  program = await bff.signIn({ kind: 'service', roles: ['admin', 'agent', 'service'], actor: { id: 'back-office' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})
beforeEach(() => bff.sandbox.clearFaults())

const plain = { _id, userId, conversationStarted: true, properties: { plan: 'gold' }, clients: [] }
const client = { id: 'c1', platform: 'web', active: true }
/** A field, and what it may be instead. */
const odd: [string, Record<string, unknown>][] = [
  ['signedUpAt null', { signedUpAt: null }],
  ['lastSeen of a client null', { clients: [{ ...client, lastSeen: null }] }],
  [
    'every optional field of a client null',
    { clients: [{ ...client, status: null, active: null, displayName: null, info: null, raw: null }] },
  ],
  ['clients null', { clients: null, pendingClients: null }],
  ['clients that are no list', { clients: { c1: client } }],
  ['clients with a null among them', { clients: [null, client, 'c2', 3] }],
  ['properties null', { properties: null }],
  ['conversationStarted missing', { conversationStarted: undefined }],
  ['names that are numbers', { givenName: 5, surname: { a: 1 }, email: false }],
  ['signedUpAt a number', { signedUpAt: 1772445600 }],
]

describe('an answer about a user', () => {
  test.each(odd)('with %s is passed on as it came, to a read and to each change', async (_what, fields) => {
    const id = `null-${Math.random()}`
    const theirs = await bff.signIn({ userId: id })
    const said = JSON.parse(JSON.stringify({ appUser: { ...plain, userId: id, ...fields } })) as { appUser: object }
    for (const operation of ['get_app_user', 'update_app_user', 'delete_app_user_profile', 'pre_create_app_user', 'link_app_user'])
      bff.sandbox.fault({ operation, status: operation.startsWith('pre') ? 201 : 200, body: said })
    const link = { type: 'twilio', phoneNumber: '+15145550100', confirmation: { type: 'prompt' } }
    const answers = [
      await bff.call('GET', `/v1.1/appusers/${id}`, { headers: admin }),
      await bff.call('PUT', `/v1.1/appusers/${id}`, { headers: admin, json: { givenName: 'A' } }),
      await bff.call('GET', `/v1.1/appusers/${id}`, { headers: admin }),
      await bff.call('DELETE', `/v1.1/appusers/${id}/profile`, { headers: admin }),
      await bff.call('POST', '/v1.1/appusers', { headers: admin, json: { userId: id } }),
      await bff.call('POST', `/v1.1/appusers/${id}/channels`, { headers: admin, json: link }),
      await bff.call('GET', '/v1.1/appusers/me', { headers: theirs }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 201, 200, 200])
    for (const { text } of answers.slice(0, -1)) expect(JSON.parse(text)).toEqual(said)
  })

  test.each([
    ['no _id', { _id: undefined }, 'appUser._id'],
    ['an _id that is a number', { _id: 5 }, 'appUser._id'],
    ['an empty _id', { _id: '' }, 'appUser._id'],
    ['a userId that is a number', { userId: 20481 }, 'appUser.userId'],
  ])('with %s is refused, since nobody can say whose it is, and the log names the field', async (_what, fields, path) => {
    const from = bff.lines.length
    bff.sandbox.fault({ operation: 'get_app_user', body: { appUser: { ...plain, ...fields } } })
    const answer = await bff.call('GET', `/v1.1/appusers/unreadable-${Math.random()}`, { headers: admin })
    expect([answer.status, answer.json.error.code]).toEqual([502, 'upstream_error'])
    expect(JSON.stringify(bff.lines.slice(from))).toContain(`is no AppUserResponse at ${path}`)
  })

  test('of somebody whose userId is null is that of somebody without one', async () => {
    bff.sandbox.fault({ operation: 'get_app_user', body: { appUser: { ...plain, userId: null } } })
    const answer = await bff.call('GET', `/v1.1/appusers/${_id}`, { headers: admin })
    expect([answer.status, answer.json.appUser.userId]).toEqual([200, null])
    const deleted = await bff.call('DELETE', `/v1.1/appusers/${_id}/profile`, { headers: admin })
    expect(deleted.status).not.toBe(500)
  })

  test('is told in the log once for each field that is odd: by its name alone', async () => {
    const said = {
      appUser: {
        ...plain,
        properties: 'SECRET-VALUE',
        clients: [
          { ...client, lastSeen: 77 },
          { ...client, lastSeen: 78 },
        ],
      },
    }
    await using other = await startBff()
    const headers = await other.signIn({ roles: ['admin'], actor: { id: 'ada' } })
    other.sandbox.fault({ operation: 'get_app_user', body: said })
    for (let turn = 0; turn < 3; turn++) await other.call('GET', `/v1.1/appusers/reader-${turn}`, { headers })
    const told = other.lines.filter(({ field }) => field !== undefined)
    expect(told.map(({ operation, field, level }) => [operation, field, level])).toEqual([
      ['get_app_user', 'appUser.properties', 'warn'],
      ['get_app_user', 'appUser.clients.[].lastSeen', 'warn'],
    ])
    expect(JSON.stringify(other.lines)).not.toContain('SECRET-VALUE')
  })
})

describe('whatever shape clients have', () => {
  const secret = { pushNotificationToken: 'DEVICE', raw: { phone: 'RAW-PHONE' }, info: { city: 'INFO-CITY' } }
  const shapes: [string, unknown][] = [
    ['a list', [{ ...client, ...secret }]],
    ['an object', { first: { ...client, ...secret } }],
    ['lists in a list', [[{ ...client, ...secret }], null]],
    ['objects in objects', [{ ...client, device: { ...secret } }]],
  ]
  test.each(shapes)('(%s) a device secret is for nobody, and what the channel reported for staff', async (_what, clients) => {
    const { userId: id = '' } = bff.sandbox.createUser(appId, { userId: `shape-${Math.random()}` })
    const theirs = await bff.signIn({ userId: id })
    const said = { appUser: { ...plain, userId: id, clients, pendingClients: clients } }
    bff.sandbox.clearFaults()
    bff.sandbox.fault({ operation: 'get_app_user', body: said })
    bff.sandbox.fault({ operation: 'update_app_user', body: said })
    const read = (headers: Carried) => bff.call('GET', `/v1.1/appusers/${id}`, { headers })
    const write = (headers: Carried) => bff.call('PUT', `/v1.1/appusers/${id}`, { headers, json: { givenName: 'A' } })
    for (const ask of [read, read, write, read]) {
      const [own, staff] = [(await ask(theirs)).text, (await ask(admin)).text]
      expect([own, staff].filter((text) => text.includes('DEVICE'))).toEqual([])
      expect(own).not.toMatch(/RAW-PHONE|INFO-CITY/)
      expect(staff).toMatch(/RAW-PHONE.*INFO-CITY/)
    }
  })

  test('the journal keeps no device secret either', async () => {
    const { _id: id } = bff.sandbox.createUser(appId, { userId: 'device-owner' })
    bff.sandbox.fault({
      operation: 'get_app_user',
      body: { appUser: { ...plain, _id: id, userId: 'device-owner', clients: [{ ...client, ...secret }] } },
    })
    const deleted = await bff.call('DELETE', `/v1.1/appusers/${id}`, { headers: admin })
    const operation = deleted.headers.get('audit-operation')
    const cookie = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
    const { text } = await bff.call('POST', `/ops/api/operations/${operation}/reveal`, { headers: cookie })
    expect(text).toContain('RAW-PHONE')
    expect(text).not.toContain('DEVICE')
  })
})

test('other answers are passed on whatever stands in them, and what was done is never called a failure', async () => {
  const reads: [string, string, unknown][] = [
    ['get_app_user_entity_ids', 'channels', { channels: null }],
    ['get_app_user_business_system_ids', 'businesssystems', { businessSystems: [{ type: null }] }],
    ['get_app_user_auth_code', 'authcode', { authCode: null, why: 'busy' }],
    ['get_link_requests', 'linkrequest?integrationIds=a', { linkRequests: [{ integrationId: 5 }] }],
  ]
  for (const [operation, path, body] of reads) {
    bff.sandbox.fault({ operation, body })
    const answer = await bff.call('GET', `/v1.1/appusers/${userId}/${path}`, { headers: program })
    expect([operation, answer.status, answer.json]).toEqual([operation, 200, body])
  }
  bff.sandbox.fault({ operation: 'post_image_message', status: 201, body: { message: { received: null } } })
  const posted = await bff.call('POST', '/v1.1/appusers/me/images', { headers: self, body: imageForm('appUser') })
  expect([posted.status, posted.json]).toEqual([201, { message: { received: null } }])
})

test.each(['null', '', '{}', '{"deleted":null}'])('a deletion answered 200 with %j is done', async (body) => {
  const { _id: id } = bff.sandbox.createUser(appId, { userId: `gone-${Math.random()}` })
  bff.sandbox.fault({ operation: 'delete_app_user', body })
  const answer = await bff.call('DELETE', `/v1.1/appusers/${id}`, { headers: admin })
  expect([answer.status, answer.json]).toEqual([200, {}])
})
