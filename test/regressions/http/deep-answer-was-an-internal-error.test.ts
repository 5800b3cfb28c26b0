/** An answer of the vendor that is nested thousands of levels deep ended in internal errors, also of calls that were carried out; one of thousands of fields kept a person from being deleted. */
import { expect, test } from '@jest/globals'
import { appId, mina, startBff } from '../../support/bff.ts'

const user = { _id: 'a'.repeat(24), userId: mina.userId, conversationStarted: false, properties: {} }

const nested = (levels: number): unknown => {
  let inner: unknown = 1
  for (let level = 0; level < levels; level++) inner = level % 2 ? [inner] : { inner }
  return inner
}
const admin = { roles: ['admin' as const], actor: { id: 'ada' } }

test.each([200, 3_000])(
  '%i levels are no answer: a read is an error of the vendor, a change is unknown, a deletion is done',
  async (levels) => {
    await using bff = await startBff()
    const headers = await bff.signIn(admin)
    const path = `/v1.1/appusers/${mina.userId}`
    for (const operation of ['get_app_user', 'update_app_user', 'delete_app_user_profile'])
      bff.sandbox.fault({ operation, status: 200, body: { appUser: { ...user, clients: nested(levels) } } })
    const call = async (method: string, where: string, json?: object) => {
      const answer = await bff.call(method, where, { headers, ...(json && { json }) })
      return [answer.status, answer.json.error?.code]
    }
    expect(await call('GET', path)).toEqual([502, 'upstream_error'])
    expect(await call('PUT', path, { givenName: 'Mina' })).toEqual([504, 'upstream_unknown'])
    expect(await call('DELETE', `${path}/profile`)).toEqual([504, 'upstream_unknown'])
    expect(await call('DELETE', path)).toEqual([200, undefined])
  },
)

test('some levels are an answer like any other', async () => {
  await using bff = await startBff()
  bff.sandbox.fault({ operation: 'get_app_user', status: 200, body: { appUser: { ...user, more: nested(60) } } })
  const answer = await bff.call('GET', '/v1.1/appusers/me', { headers: await bff.signIn() })
  expect(answer.json.appUser.more).toEqual(nested(60))
})

test.each([
  ['fifty thousand fields', Array.from({ length: 50_000 }, (_, at) => [`field${at}`, 1])],
  ['a field whose name is long', [['k'.repeat(500_000), 1]]],
  ['names of many bytes', Array.from({ length: 5_000 }, (_, at) => [`${'€'.repeat(50)}${at}`, 1])],
])('a person with %s can be deleted', async (_what, fields) => {
  await using bff = await startBff()
  const { _id } = bff.sandbox.user(appId, mina.userId)!
  bff.sandbox.fault({ operation: 'get_app_user', status: 200, body: { appUser: { ...Object.fromEntries(fields), ...user, _id } } })
  const answer = await bff.call('DELETE', `/v1.1/appusers/${mina.userId}`, { headers: await bff.signIn(admin) })
  expect([answer.status, answer.text]).toEqual([200, '{}'])
})
