/** Whatever the vendor did not find, the caller heard "There is no such user.", with a code of the vendor's beside it that said something else. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { all, type OperationId } from '../../../src/contract/operations.ts'
import { problems } from '../../../src/contract/problems.ts'
import { type Answer, appId, type Bff, type Carried, imageForm, startBff } from '../../support/bff.ts'

let bff: Bff
let callers: [string, Carried][]
let admin: Carried
let self: Carried
const userId = 'who-is-there'
beforeAll(async () => {
  bff = await startBff()
  bff.sandbox.createUser(appId, { userId, clients: [{ platform: 'twilio' }] })
  self = await bff.signIn({ userId })
  admin = await bff.signIn({ roles: ['admin', 'agent'], actor: { id: 'ada' } })
  const program = await bff.signIn({ kind: 'service', roles: ['admin', 'agent', 'service'], actor: { id: 'back-office' } })
  callers = [
    ['self', self],
    ['staff', admin],
    ['program', program],
  ]
  await bff.call('GET', '/v1.1/appusers/me', { headers: self })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})
beforeEach(() => bff.sandbox.clearFaults())

const link = { type: 'twilio', phoneNumber: '+15145550100', confirmation: { type: 'prompt' } }
const asks: Record<OperationId, (headers: Carried) => Promise<Answer>> = {
  get_app_user: (headers) => bff.call('GET', `/v1.1/appusers/absent-${Math.random()}`, { headers }),
  get_app_user_entity_ids: (headers) => bff.call('GET', `/v1.1/appusers/${userId}/channels`, { headers }),
  get_app_user_business_system_ids: (headers) => bff.call('GET', `/v1.1/appusers/${userId}/businesssystems`, { headers }),
  get_app_user_auth_code: (headers) => bff.call('GET', `/v1.1/appusers/${userId}/authcode`, { headers }),
  get_link_requests: (headers) => bff.call('GET', `/v1.1/appusers/${userId}/linkrequest?integrationIds=absent`, { headers }),
  pre_create_app_user: (headers) => bff.call('POST', '/v1.1/appusers', { headers, json: { userId } }),
  update_app_user: (headers) => bff.call('PUT', `/v1.1/appusers/${userId}`, { headers, json: { givenName: 'A' } }),
  post_image_message: (headers) =>
    bff.call('POST', `/v1.1/appusers/${userId}/images`, { headers, body: imageForm(headers === admin ? 'appMaker' : 'appUser') }),
  link_app_user: (headers) => bff.call('POST', `/v1.1/appusers/${userId}/channels`, { headers, json: link }),
  unlink_app_user: (headers) => bff.call('DELETE', `/v1.1/appusers/${userId}/channels/viber`, { headers }),
  delete_app_user_profile: (headers) => bff.call('DELETE', `/v1.1/appusers/${userId}/profile`, { headers }),
  // Somebody else each time: sessions of a person whom a deletion did not find are over.
  delete_app_user: async (headers) => {
    const { _id } = bff.sandbox.createUser(appId, { userId: `gone-${Math.random()}` })
    return await bff.call('DELETE', `/v1.1/appusers/${_id}`, { headers })
  },
  merge_users: async (headers) => {
    const [surviving, discarded] = ['a', 'b'].map((name) => bff.sandbox.createUser(appId, { userId: `${name}-${Math.random()}` }))
    const json = { surviving: { _id: surviving?._id }, discarded: { _id: discarded?._id } }
    return await bff.call('POST', '/v1.1/appusers/merge', { headers, json })
  },
}

/** One story: the type is that of the code, and the words say what that code says. */
const storyOf = ({ status, json }: Answer): [number, string, string] => {
  expect(json.type).toBe(`urn:smooch-bff:problem:${json.error.code}`)
  expect(json.error.description).toBe(json.detail)
  expect(json.title).toBe(problems[json.error.code as keyof typeof problems][1])
  if (json.error.code !== 'user_not_found') expect(json.detail).not.toMatch(/no such user|user not found/i)
  return [status, json.error.code, json.detail]
}

describe('at the vendor as it is', () => {
  test('a channel that is not linked is just that', async () => {
    for (const [, headers] of callers)
      expect(storyOf(await asks.unlink_app_user(headers))).toEqual([404, 'channel_not_linked', 'The user has no such channel linked.'])
  })

  test('an integration that is not known is just that, to link requests and to a link', async () => {
    const linking = { ...link, integrationId: '69f0100f2a3b4c5d6e7f80ff' }
    const answers = [
      await asks.get_link_requests(self),
      await bff.call('POST', '/v1.1/appusers/me/channels', { headers: self, json: linking }),
      await bff.call('POST', `/v1.1/appusers/${userId}/channels`, { headers: admin, json: linking }),
    ]
    for (const answer of answers) expect(storyOf(answer).slice(0, 2)).toEqual([404, 'integration_not_found'])
  })

  test('a userId that is taken is said to be', async () => {
    expect(storyOf(await asks.pre_create_app_user(admin)).slice(0, 2)).toEqual([409, 'conflict'])
  })

  test('somebody who is not there still is not', async () => {
    expect(storyOf(await asks.get_app_user(admin)).slice(0, 2)).toEqual([404, 'user_not_found'])
    const absent = await bff.call('DELETE', '/v1.1/appusers/nobody-here/channels/viber', { headers: admin })
    expect(storyOf(absent).slice(0, 2)).toEqual([404, 'user_not_found'])
  })
})

/** A no of the vendor, and what it means to rows that name only a user, a channel, an integration, nobody. */
const nos: [number, string | number, string, { user: string; channel: string; integration: string; nobody: string }][] = [
  [
    404,
    'user_not_found',
    'User not found',
    { user: 'user_not_found', channel: 'user_not_found', integration: 'user_not_found', nobody: 'upstream_misconfigured' },
  ],
  [
    404,
    'not_found',
    'Not found',
    { user: 'user_not_found', channel: 'channel_not_linked', integration: 'integration_not_found', nobody: 'upstream_misconfigured' },
  ],
  [
    404,
    'not_found',
    'User not found',
    { user: 'user_not_found', channel: 'user_not_found', integration: 'user_not_found', nobody: 'upstream_misconfigured' },
  ],
  [
    404,
    7,
    'Nothing here',
    { user: 'user_not_found', channel: 'channel_not_linked', integration: 'integration_not_found', nobody: 'upstream_misconfigured' },
  ],
  [
    404,
    'integration_not_found',
    'Integration not found',
    { user: 'user_not_found', channel: 'channel_not_linked', integration: 'integration_not_found', nobody: 'upstream_misconfigured' },
  ],
  [
    404,
    'app_not_found',
    'App not found',
    {
      user: 'upstream_misconfigured',
      channel: 'upstream_misconfigured',
      integration: 'upstream_misconfigured',
      nobody: 'upstream_misconfigured',
    },
  ],
  [400, 'bad_request', 'Bad things', { user: 'bad_request', channel: 'bad_request', integration: 'bad_request', nobody: 'bad_request' }],
  [400, 'forbidden', 'Nope', { user: 'bad_request', channel: 'bad_request', integration: 'bad_request', nobody: 'bad_request' }],
  [422, 'bad_request', 'Bad things', { user: 'bad_request', channel: 'bad_request', integration: 'bad_request', nobody: 'bad_request' }],
  [409, 'conflict', 'Being changed', { user: 'conflict', channel: 'conflict', integration: 'conflict', nobody: 'conflict' }],
  [423, 'locked', 'Full', { user: 'locked', channel: 'locked', integration: 'locked', nobody: 'locked' }],
  [
    402,
    'payment_required',
    'Pay',
    { user: 'payment_required', channel: 'payment_required', integration: 'payment_required', nobody: 'payment_required' },
  ],
]
const kindOf = (id: OperationId) =>
  id === 'unlink_app_user'
    ? 'channel'
    : id === 'link_app_user' || id === 'get_link_requests'
      ? 'integration'
      : id === 'pre_create_app_user'
        ? 'nobody'
        : 'user'

test.each(nos)('a %i %s "%s" is one story on every row, for everybody', async (status, code, description, meaning) => {
  for (const { id } of all)
    for (const [who, headers] of callers) {
      bff.sandbox.clearFaults()
      bff.sandbox.fault({ operation: id, status, body: { error: { code, description } } })
      const answer = await asks[id as OperationId](headers)
      // What policy refuses never gets there.
      if (answer.json.error.code === 'forbidden' || answer.json.error.code === 'role_mismatch') continue
      // Own users are made when they are missing, and foreign ones are not shown.
      if (who === 'self' && (id === 'get_app_user' || meaning.user === 'user_not_found')) continue
      const words = answer.json.error.description
      expect([id, who, answer.json.error.code]).toEqual([id, who, meaning[kindOf(id as OperationId)]])
      expect(answer.json.type).toBe(`urn:smooch-bff:problem:${answer.json.error.code}`)
      if (answer.json.error.code !== 'user_not_found') expect(words).not.toMatch(/no such user|user not found/i)
      if (who === 'self') expect(words).not.toBe(description)
    }
})

test("a code that only the vendor has is passed on, with the vendor's words for staff", async () => {
  bff.sandbox.fault({
    operation: 'unlink_app_user',
    status: 400,
    body: { error: { code: 'sdk_client', description: 'Cannot remove a client' } },
  })
  const told = async (headers: Carried) => {
    const { json } = await asks.unlink_app_user(headers)
    return [json.error.code, json.error.description, json.type]
  }
  const type = 'urn:smooch-bff:problem:bad_request'
  expect(await told(self)).toEqual(['sdk_client', 'The messaging service does not unlink this channel.', type])
  expect(await told(admin)).toEqual(['sdk_client', 'Cannot remove a client', type])
})
