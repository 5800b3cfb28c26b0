/** Whomever the vendor answered under the caller's name was shown, and learnt as the caller's own: a survivor of a merge, somebody found by a look-up that ignores case. */
import { expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, imageForm, mina, startBff } from '../../support/bff.ts'
import { bffOfFile } from '../../support/bff-of-file.ts'

const other = { _id: 'b'.repeat(24), userId: 'cust-99', givenName: 'Nobody-of-yours', conversationStarted: false, properties: {} }
const { userId: _, ...unnamed } = other
const alarms = (bff: Bff) => bff.lines.filter((line) => line['alarm'] === 'another_user_answered')
const read = (bff: Bff, headers: Carried, id = 'me') => bff.call('GET', `/v1.1/appusers/${id}`, { headers })
const link = { type: 'twilio', phoneNumber: '+15145550100', confirmation: { type: 'prompt' } }

const calls: [string, string, string, string, object?][] = [
  ['a read', 'get_app_user', 'GET', ''],
  ['an update', 'update_app_user', 'PUT', '', { givenName: 'Mina' }],
  ['a link', 'link_app_user', 'POST', '/channels', link],
  ['the look before an unlink', 'get_app_user', 'DELETE', '/channels/twilio'],
]
const strangers: [string, (asked: string) => object][] = [
  ['another userId', () => other],
  ['the userId in another case', (asked) => ({ ...other, userId: asked.toUpperCase() })],
  ['no userId', () => unnamed],
]

const service = bffOfFile()
let people = 0
/** Somebody who is in no other test. */
const somebody = (): string => {
  people += 1
  const { userId } = service().sandbox.createUser(appId, { userId: `cust-of-${people}`, givenName: mina.givenName })
  return userId!
}

for (const [what, operation, method, path, json] of calls)
  test.each(strangers)(`${what} answered with %s shows nobody, ends the session and raises one alarm`, async (_name, stranger) => {
    const [bff, userId] = [service(), somebody()]
    const headers = await bff.signIn({ userId })
    bff.sandbox.fault({ operation, status: 200, body: { appUser: stranger(userId) } })
    const ask = () => bff.call(method, `/v1.1/appusers/me${path}`, { headers, ...(json && { json }) })
    const answers = await Promise.all([ask(), ask()])
    expect(answers.map(({ status }) => status)).toEqual([401, 401])
    for (const { text } of answers) expect(text).not.toContain('Nobody')
    expect((await bff.call('GET', '/auth/session', { headers })).json).toEqual({ signedIn: false })
    expect(alarms(bff)).toHaveLength(1)
    bff.sandbox.clearFaults()
    const again = await bff.signIn({ userId })
    expect((await read(bff, again)).json.appUser.givenName).toBe(mina.givenName)
    expect((await read(bff, again, other._id)).status).toBe(404)
  })

test('a call by the own _id is held to the same', async () => {
  const [bff, userId] = [service(), somebody()]
  const headers = await bff.signIn({ userId })
  const { _id } = bff.sandbox.user(appId, userId)!
  bff.sandbox.fault({ operation: 'get_app_user', status: 200, body: { appUser: other } })
  expect((await read(bff, headers, _id)).status).toBe(401)
})

test('who was merged away is nobody else: what was cached and learnt before is no way in, and staff see whom the vendor answers', async () => {
  await using bff = await startBff({ sandbox: { switches: { afterMerge: 'survivor' } } })
  const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  const make = (userId: string) => bff.sandbox.createUser(appId, { userId })._id
  const [surviving, discarded] = [make('stays'), make('goes')]
  const headers = await bff.signIn({ userId: 'goes' })
  expect((await read(bff, headers)).json.appUser._id).toBe(discarded)
  const json = { surviving: { _id: surviving }, discarded: { _id: discarded } }
  expect((await bff.call('POST', '/v1.1/appusers/merge', { headers: admin, json })).status).toBe(200)
  const again = await bff.signIn({ userId: 'goes' })
  expect((await read(bff, admin, 'goes')).json.appUser._id).toBe(surviving)
  expect((await read(bff, again)).status).toBe(401)
  const once = await bff.signIn({ userId: 'goes' })
  expect((await read(bff, once, surviving)).status).toBe(404)
})

test('who reads together with staff gets no other user, and staff are not turned away', async () => {
  const [bff, userId] = [service(), somebody()]
  const [staff, headers] = [await bff.signIn({ roles: ['agent'], actor: { id: 'ada' } }), await bff.signIn({ userId })]
  bff.sandbox.fault({ operation: 'get_app_user', status: 200, latency: 50, body: { appUser: other } })
  const both = [staff, headers, staff, headers].map((carried) => read(bff, carried, userId))
  expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 401, 200, 401])
})

test.each([
  ['GET', '/channels'],
  ['GET', '/authcode'],
  ['GET', `/linkrequest?integrationIds=x`],
  ['PUT', ''],
  ['POST', '/images'],
])('%s %s is not sent under a name that leads to somebody else', async (method, path) => {
  const [bff, userId] = [service(), somebody()]
  bff.sandbox.fault({ operation: 'get_app_user', userId, status: 200, body: { appUser: other } })
  const headers = await bff.signIn({ userId })
  bff.sandbox.clearRequests()
  const body = method === 'POST' ? { body: imageForm('appUser') } : method === 'PUT' ? { json: { givenName: 'x' } } : {}
  expect((await bff.call(method, `/v1.1/appusers/me${path}`, { headers, ...body })).status).toBe(401)
  expect(bff.sandbox.requests.map(({ operation }) => operation)).toEqual(['get_app_user'])
})

test('somebody else in the answer to an automatic creation is not the person', async () => {
  const bff = service()
  bff.sandbox.fault({ operation: 'pre_create_app_user', status: 201, body: { appUser: other } })
  const headers = await bff.signIn({ userId: 'new-1' })
  expect((await read(bff, headers)).status).toBe(401)
  expect(alarms(bff)).toHaveLength(1)
})

test('a repeat under the same Idempotency-Key does not show it either', async () => {
  const [bff, userId] = [service(), somebody()]
  const send = async () =>
    bff.call('POST', '/v1.1/appusers/me/channels', { headers: { ...(await bff.signIn({ userId })), 'idempotency-key': 'k1' }, json: link })
  bff.sandbox.fault({ operation: 'link_app_user', status: 200, body: { appUser: other } })
  const answers = [await send(), await send()]
  expect(answers.map(({ status }) => status)).toEqual([401, 401])
  for (const { text } of answers) expect(text).not.toContain('Nobody')
})
