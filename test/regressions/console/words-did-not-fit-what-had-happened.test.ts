/** The page of an operation says what is so: under an update that nothing of the state before is kept, never that nothing was destroyed; a path that is sealed is no path that was sent. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { ask } from '../../security/requests.ts'
import { appId, type Bff, type Carried, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

let bff: Bff
let admin: Carried
let page: Carried
beforeAll(async () => {
  bff = await startBff()
  admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  page = {
    cookie: (await bff.signIn({ kind: 'cookie', roles: ['admin'], actor: { id: 'ada' } }))['cookie']!,
    ...{ 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Site': 'none' },
  }
})
beforeEach(() => bff.sandbox.reset())
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

/** The text of the page of the newest operation of this kind, once it is recorded. */
const pageOf = async (action: string): Promise<string> => {
  const { operation } = await until(
    async () => (await bff.call('GET', `/ops/api/operations?action=${action}`, { headers: admin })).json.operations[0],
  )
  const { body } = await ask(bff, { path: `/ops/operations/${operation}`, headers: page })
  return body.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
}

test.each([
  [
    'update',
    'What stood there before is not kept.',
    (id: string) => bff.call('PUT', `/v1.1/appusers/${id}`, { headers: admin, json: { givenName: 'Mia' } }),
  ],
  ['create', 'There was nothing before.', () => bff.call('POST', '/v1.1/appusers', { headers: admin, json: { userId: 'new-1' } })],
  ['end_sessions', 'No user is changed.', () => bff.private('POST', '/sessions/end', { userId: 'cust-1' })],
] as [string, string, (id: string) => Promise<unknown>][])('%s: "%s"', async (action, words, run): Promise<void> => {
  await run(bff.sandbox.createUser(appId, { userId: `of-${action}` })._id)
  const text = await pageOf(action)
  expect(text).toContain(words)
  expect(text).not.toContain('destroys nothing')
})

test('a refused deletion says that nothing was changed, and that nothing was sent', async () => {
  const agent = await bff.signIn({ roles: ['agent'], actor: { id: 'alex' } })
  expect((await bff.call('DELETE', `/v1.1/appusers/${'e'.repeat(24)}`, { headers: agent })).status).toBe(403)
  const text = await pageOf('delete')
  expect(text).toContain('Nothing was changed.')
  expect(text).not.toMatch(/ Sent /)
})

test('an address that is sealed, since it holds a userId, is told as that', async () => {
  const user = bff.sandbox.createUser(appId, { userId: 'by-name', clients: [{ platform: 'twilio' }] })
  bff.sandbox.fault({ operation: 'get_app_user', status: 500, times: 10 })
  await bff.call('DELETE', `/v1.1/appusers/${user.userId}/channels/twilio`, { headers: admin })
  const text = await pageOf('unlink')
  expect(text).toContain('to an address that holds the userId, so it is sealed')
  expect(text).not.toContain('DELETE /appusers/')
})

test('an update keeps the names of its fields, and never their values', async () => {
  const { _id } = bff.sandbox.createUser(appId, { userId: 'fields' })
  const json = { givenName: 'Philippa', properties: { plan: 'gold', 'mia@example.org': 'x' } }
  expect((await bff.call('PUT', `/v1.1/appusers/${_id}`, { headers: admin, json })).status).toBe(200)
  const text = await pageOf('update&target=fields')
  expect(text).toContain('Fields givenName, properties.plan, properties ')
  expect(text).not.toMatch(/Philippa|gold|mia@example/)
})

test('an update of unknown outcome needs nobody, and says so; a deletion says who is at it and when it looks next', async () => {
  const { _id } = bff.sandbox.createUser(appId, { userId: 'lost' })
  for (const operation of ['update_app_user', 'delete_app_user']) bff.sandbox.fault({ operation, status: 500, times: 1 })
  await bff.call('PUT', `/v1.1/appusers/${_id}`, { headers: admin, json: { givenName: 'Mia' } })
  await bff.call('DELETE', `/v1.1/appusers/${_id}`, { headers: admin })
  const update = await pageOf(`update&target=${_id}`)
  expect(update).toContain('Nobody follows this up')
  expect(update).not.toContain('It needs a decision')
  const removal = await pageOf(`delete&target=${_id}`)
  expect(removal).toMatch(/The reconciler is at it .* It has not looked yet; next \d{2}:\d{2}:\d{2}/)
  const { body } = await ask(bff, { path: '/ops', headers: page })
  expect(body).toContain('>1 unknown</a>')
})

test('why is shown together: reason, ticket, and that there is a note', async () => {
  const { _id } = bff.sandbox.createUser(appId, { userId: 'noted' })
  const headers = { ...admin, 'audit-reason': 'fraud', 'audit-ticket': 'OPS-7', 'audit-note': 'seen%20twice' }
  await bff.call('DELETE', `/v1.1/appusers/${_id}`, { headers })
  const text = await pageOf(`delete&target=${_id}`)
  expect(text).toContain('Why fraud · OPS-7 · note sealed')
  expect(text).not.toContain('seen twice')
})
