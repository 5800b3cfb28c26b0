/** A link that merged, or a key of somebody else's that deleted, removed a person of whom the journal said nothing, and whose session went on and created the person anew. */
import { expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../../support/bff.ts'
import { journalCli } from '../../support/journal-cli.ts'
import { until } from '../../support/until.ts'

const secret = 'test-webhook-secret-2f9a'
const env = { SMOOCH_WEBHOOK_SECRET: secret }
const path = `/webhooks/smooch/${appId}`
const deliver = async (bff: Bff, trigger: string, rest: object) =>
  (await bff.call('POST', path, { headers: { 'x-api-key': secret }, json: { trigger, app: { _id: appId }, version: 'v1.1', ...rest } }))
    .status
const make = (bff: Bff, userId: string, more = {}) => ({ userId, _id: bff.sandbox.createUser(appId, { userId, ...more })._id })
const admin = (bff: Bff) => bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
const found = async (bff: Bff, staff: Carried, query: string) =>
  (await bff.call('GET', `/ops/api/operations?${query}`, { headers: staff })).json.operations
const history = async (bff: Bff, staff: Carried, id: string) =>
  (await bff.call('GET', `/ops/api/operations/${id}`, { headers: staff })).json
const isIn = async (bff: Bff, headers: Carried) => (await bff.call('GET', '/auth/session', { headers })).json.signedIn

test('a merge or deletion by others is an event with both names, and ends the session; told five times, it is one', async () => {
  await using bff = await startBff({ env })
  const staff = await admin(bff)
  const [stays, goes, deleted] = [make(bff, 'stays'), make(bff, 'goes'), make(bff, 'deleted')]
  const sessions = await Promise.all([stays, goes, deleted].map(({ userId }) => bff.signIn({ userId })))
  const tell = () =>
    Promise.all([
      deliver(bff, 'merge:appUser', { surviving: stays, discarded: [goes] }),
      deliver(bff, 'appUser:delete', { appUser: deleted }),
    ])
  for (let times = 0; times < 5; times += 1) expect(await tell()).toEqual([200, 200])
  expect(await Promise.all(sessions.map((headers) => isIn(bff, headers)))).toEqual([true, false, false])
  for (const [words, action, role] of [
    ['target=goes', 'merge_users', 'discarded'],
    [`target=${goes._id}`, 'merge_users', 'discarded'],
    ['target=deleted', 'delete_app_user', 'subject'],
    [`target=${deleted._id}`, 'delete_app_user', 'subject'],
  ] as const) {
    const rows = await found(bff, staff, words)
    expect(rows).toHaveLength(1)
    const { events, state } = await history(bff, staff, rows[0].operation)
    expect([state, events.length]).toEqual(['success', 1])
    expect(events[0]).toMatchObject({ action, actor: { type: 'system', id: 'vendor' }, recorded: true, facts: { source: 'webhook' } })
    const target = events[0].targets.find((it: { role: string }) => it.role === role)
    expect(target).toMatchObject({ subject: expect.stringMatching(/^sub_/), smoochId: expect.any(String) })
  }
  expect((await journalCli({ JOURNAL_URL: `sqlite:${bff.journalFile}` }, ['verify'])).code).toBe(0)
})

test('a delivery that names the _id alone ends the sessions of whom it is known to be', async () => {
  await using bff = await startBff({ env })
  const goes = make(bff, 'goes')
  const headers = await bff.signIn({ userId: 'goes' })
  expect(await deliver(bff, 'appUser:delete', { appUser: { _id: goes._id } })).toBe(200)
  expect(await isIn(bff, headers)).toBe(false)
})

test('who has the name by then is somebody new: a late delivery ends no session of theirs', async () => {
  await using bff = await startBff({ env })
  const goes = make(bff, 'goes')
  expect(await deliver(bff, 'appUser:delete', { appUser: goes })).toBe(200)
  const anew = await bff.signIn({ userId: 'goes' })
  expect(await deliver(bff, 'appUser:delete', { appUser: goes })).toBe(200)
  expect(await isIn(bff, anew)).toBe(true)
  make(bff, 'other')
  const other = await bff.signIn({ userId: 'other' })
  expect(await deliver(bff, 'appUser:delete', { appUser: { _id: 'e'.repeat(24), userId: 'other' } })).toBe(200)
  expect(await isIn(bff, other)).toBe(true)
})

test('our own deletion is settled by it, once, and stays the only operation', async () => {
  await using bff = await startBff({ env })
  const staff = await admin(bff)
  const goes = make(bff, 'goes')
  bff.sandbox.addWebhook(appId, { target: `${bff.app.publicUrl}/bff${path}`, secret, triggers: ['appUser:delete', 'merge:appUser'] })
  expect((await bff.call('DELETE', `/v1.1/appusers/goes`, { headers: staff })).status).toBe(200)
  const rows = await until(
    () => found(bff, staff, 'target=goes'),
    ([row]) => row.state === 'applied',
  )
  for (let times = 0; times < 3; times += 1) await deliver(bff, 'appUser:delete', { appUser: goes })
  expect(rows).toHaveLength(1)
  const { events } = await history(bff, staff, rows[0].operation)
  expect(events.map(({ kind }: { kind: string }) => kind)).toEqual(['intent', 'outcome', 'resolved'])
  expect(events[2]).toMatchObject({ verdict: 'applied', by: 'vendor', evidence: { source: 'webhook', trigger: 'appUser:delete' } })
  const again = await bff.signIn({ userId: 'goes' })
  await deliver(bff, 'appUser:delete', { appUser: goes })
  expect(await isIn(bff, again)).toBe(true)
  expect((await journalCli({ JOURNAL_URL: `sqlite:${bff.journalFile}` }, ['verify'])).code).toBe(0)
})

test('a link that merges is joined to the merge, and the discarded person is signed out for good', async () => {
  await using bff = await startBff({ env })
  const staff = await admin(bff)
  const phone = '+15145550100'
  make(bff, 'stays')
  make(bff, 'goes', { clients: [{ platform: 'twilio', externalId: phone }] })
  bff.sandbox.addWebhook(appId, { target: `${bff.app.publicUrl}/bff${path}`, secret, triggers: ['merge:appUser'] })
  const [linker, headers] = [await bff.signIn({ userId: 'stays' }), await bff.signIn({ userId: 'goes' })]
  const json = { type: 'twilio', phoneNumber: phone, confirmation: { type: 'prompt' } }
  expect((await bff.call('POST', '/v1.1/appusers/me/channels', { headers: linker, json })).status).toBe(200)
  expect(bff.sandbox.confirmLink(appId, 'stays')).toBe(true)
  const [merge] = await until(
    () => found(bff, staff, 'action=merge_users'),
    ({ length }) => length > 0,
  )
  const [link] = await until(
    () => found(bff, staff, 'action=link_app_user'),
    ([row]) => row.state === 'applied',
  )
  expect([link.state, await isIn(bff, headers), await isIn(bff, linker)]).toEqual(['applied', false, true])
  expect((await history(bff, staff, merge.operation)).events[0].facts).toEqual({
    source: 'webhook',
    trigger: 'merge:appUser',
    link: link.operation,
  })
  const { events } = await history(bff, staff, link.operation)
  expect(events.at(-1)).toMatchObject({ kind: 'resolved', by: 'vendor', evidence: { source: 'webhook', operation: merge.operation } })
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(401)
  expect((await journalCli({ JOURNAL_URL: `sqlite:${bff.journalFile}` }, ['verify'])).code).toBe(0)
})

test.each([
  ['is refused, since the person is gone', { status: 404, body: { error: { code: 'user_not_found', description: 'User not found' } } }, 2],
  ['is carried out', { applied: true }, 1],
] as const)(
  'word of a deletion while our own of the same person still runs and then %s ends the session at once and is not lost',
  async (_what, fault, operations) => {
    await using bff = await startBff({ env })
    const staff = await admin(bff)
    const goes = make(bff, 'goes')
    const headers = await bff.signIn({ userId: 'goes' })
    const { promise: held, resolve } = Promise.withResolvers<void>()
    bff.sandbox.fault({ operation: 'delete_app_user', held, ...fault })
    const ours = bff.call('DELETE', '/v1.1/appusers/goes', { headers: staff })
    await until(() => bff.sandbox.requests.some(({ operation }) => operation === 'delete_app_user'))
    const tell = () => deliver(bff, 'appUser:delete', { appUser: goes })
    expect(await tell()).toBe(503)
    expect(await isIn(bff, headers)).toBe(false)
    resolve()
    await ours
    expect([await tell(), await tell()]).toEqual([200, 200])
    const rows = await found(bff, staff, 'target=goes&action=delete_app_user')
    expect(rows).toHaveLength(operations)
    expect(rows.filter(({ state }: { state: string }) => state === 'success' || state === 'applied')).toHaveLength(1)
  },
)
