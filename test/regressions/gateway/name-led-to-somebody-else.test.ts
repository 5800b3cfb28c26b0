/** Staff named one user and the vendor answered with another (a survivor of a merge, a look-up that ignores case): that one was deleted, by its `_id`. */
import { expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../../support/bff.ts'
import { bffOfFile } from '../../support/bff-of-file.ts'
import { journalCli } from '../../support/journal-cli.ts'
import { until } from '../../support/until.ts'

const link = { type: 'twilio', phoneNumber: '+15145550100', confirmation: { type: 'prompt' } }

let cases = 0
/** Whom staff ask for, and whom the vendor answers with; nobody of another test. */
const pair = () => {
  cases += 1
  const other = { _id: `${cases}`.padStart(24, 'b'), userId: `cust-99-${cases}`, conversationStarted: false, properties: {} }
  return { asked: `Cust-7-${cases}`, other }
}

const staff = (bff: Bff) => bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
/** Of the calls to the vendor those that are no look. */
const changes = (bff: Bff) => bff.sandbox.requests.map(({ operation }) => operation).filter((id) => id !== 'get_app_user')
const found = (bff: Bff, headers: Carried, target: string) =>
  until(
    async () => (await bff.call('GET', `/ops/api/operations?target=${target}`, { headers })).json.operations,
    ({ length }) => length > 0,
  )

const calls: [string, string, string, object?][] = [
  ['delete_app_user', 'DELETE', ''],
  ['delete_app_user_profile', 'DELETE', '/profile'],
  ['unlink_app_user', 'DELETE', '/channels/twilio'],
  ['link_app_user', 'POST', '/channels', link],
]
const answers: [string, (it: ReturnType<typeof pair>) => { _id: string; userId?: string | null }][] = [
  ['another userId', ({ other }) => other],
  ['the userId in another case', ({ other, asked }) => ({ ...other, userId: asked.toLowerCase() })],
  ['the userId in another form', ({ other, asked }) => ({ ...other, userId: `${asked}\u0301` })],
  ['no userId', ({ other: { userId: _, ...unnamed } }) => unnamed],
  ['null as userId', ({ other }) => ({ ...other, userId: null })],
  ["another userId and an _id that is none of the vendor's", ({ other }) => ({ ...other, _id: 'x' })],
]

const service = bffOfFile()

for (const [action, method, path, json] of calls)
  test.each(answers)(
    `${action} by a userId that is answered with %s is refused, says what to do, and leaves an event`,
    async (_what, answered) => {
      const bff = service()
      const both = pair()
      const [{ asked }, appUser] = [both, answered(both)]
      const headers = await staff(bff)
      bff.sandbox.createUser(appId, { userId: asked })
      bff.sandbox.fault({ operation: 'get_app_user', status: 200, body: { appUser } })
      bff.sandbox.clearRequests()
      const answer = await bff.call(method, `/v1.1/appusers/${asked}${path}`, { headers, ...(json && { json }) })
      expect([answer.status, answer.json.error.code]).toEqual([409, 'another_user'])
      expect(answer.json.detail).toContain('repeat the call with the _id')
      expect(changes(bff)).toEqual([])
      for (const target of [asked, appUser.userId, appUser._id]) {
        if (typeof target !== 'string' || target === 'x') continue
        const [row] = await found(bff, headers, encodeURIComponent(target))
        expect(row).toMatchObject({ state: 'not_sent', action, actor: { id: 'ada' } })
      }
      expect((await journalCli({ JOURNAL_URL: `sqlite:${bff.journalFile}` }, ['verify'])).code).toBe(0)
    },
  )

test.each(['surviving', 'discarded'] as const)('a merge whose %s is answered with somebody else is not sent', async (side) => {
  const bff = service()
  const { other } = pair()
  const headers = await staff(bff)
  const names = { surviving: `s-of-${side}`, discarded: `d-of-${side}` }
  const ids = {
    surviving: bff.sandbox.createUser(appId, { userId: names.surviving })._id,
    discarded: bff.sandbox.createUser(appId, { userId: names.discarded })._id,
  }
  bff.sandbox.fault({ operation: 'get_app_user', userId: ids[side], status: 200, body: { appUser: other } })
  bff.sandbox.clearRequests()
  const json = { surviving: { _id: ids.surviving }, discarded: { _id: ids.discarded } }
  const answer = await bff.call('POST', '/v1.1/appusers/merge', { headers, json })
  expect([answer.status, answer.json.error.code, changes(bff)]).toEqual([409, 'another_user', []])
  const told = [names.surviving, names.discarded].filter((it) => it !== names[side])
  for (const target of [ids.surviving, ids.discarded, other._id, ...told, other.userId])
    expect(await found(bff, headers, target)).toMatchObject([{ state: 'not_sent', action: 'merge_users' }])
})

test('an _id that is answered with the survivor of a merge is refused as well, and the _id in the answer is taken', async () => {
  await using bff = await startBff({ sandbox: { switches: { afterMerge: 'survivor' } } })
  const headers = await staff(bff)
  const [stays, goes] = ['stays', 'goes'].map((userId) => bff.sandbox.createUser(appId, { userId })._id)
  const merge = { surviving: { _id: stays }, discarded: { _id: goes } }
  expect((await bff.call('POST', '/v1.1/appusers/merge', { headers, json: merge })).status).toBe(200)
  const session = await bff.signIn({ userId: 'stays' })
  for (const id of [goes, 'goes']) {
    expect((await bff.call('DELETE', `/v1.1/appusers/${id}`, { headers })).status).toBe(409)
    expect((await bff.call('GET', '/v1.1/appusers/me', { headers: session })).status).toBe(200)
  }
  const { appUser } = (await bff.call('GET', '/v1.1/appusers/goes', { headers })).json
  expect((await bff.call('DELETE', `/v1.1/appusers/${appUser._id}`, { headers })).status).toBe(200)
  expect(bff.sandbox.user(appId, 'stays')).toBeUndefined()
})

test('a repeat under one Idempotency-Key is the answer of the first, although the name leads elsewhere since', async () => {
  await using bff = await startBff({ sandbox: { switches: { afterMerge: 'survivor' } } })
  const headers = { ...(await staff(bff)), 'idempotency-key': 'k1' }
  const [stays, goes] = ['stays', 'goes'].map((userId) => bff.sandbox.createUser(appId, { userId })._id)
  const json = { surviving: { _id: stays }, discarded: { _id: goes } }
  const merge = () => bff.call('POST', '/v1.1/appusers/merge', { headers, json })
  expect((await merge()).status).toBe(200)
  const again = await merge()
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true'])
})

test('a change that destroys nothing is carried out, shows whom it changed, and is found by every name', async () => {
  await using bff = await startBff({ sandbox: { switches: { afterMerge: 'survivor' } } })
  const headers = await staff(bff)
  const [stays, goes] = ['stays', 'goes'].map((userId) => bff.sandbox.createUser(appId, { userId })._id)
  const session = await bff.signIn({ userId: 'stays' })
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers: session })).json.appUser.givenName).toBeUndefined()
  const json = { surviving: { _id: stays }, discarded: { _id: goes } }
  expect((await bff.call('POST', '/v1.1/appusers/merge', { headers, json })).status).toBe(200)
  const answer = await bff.call('PUT', '/v1.1/appusers/goes', { headers, json: { givenName: 'Sol' } })
  expect([answer.status, answer.json.appUser._id]).toEqual([200, stays])
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers: session })).json.appUser.givenName).toBe('Sol')
  for (const target of ['goes', 'stays', stays]) {
    const updates = async () =>
      (await found(bff, headers, String(target))).filter(({ action }: { action: string }) => action === 'update_app_user')
    await until(async () => (await updates()).length > 0)
    expect(await updates()).toMatchObject([{ state: 'success', actor: { id: 'ada' } }])
  }
})
