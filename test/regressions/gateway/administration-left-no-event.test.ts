/** What was refused at other doors, and what administration did to people, left no event: another app's path, an image as the business, a refused reveal, sessions ended, roles changed, staff minted, a user made by itself. */
import { expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, imageForm, mina, startBff } from '../../support/bff.ts'
import { canaryServiceKey } from '../../support/canaries.ts'
import { journalCli } from '../../support/journal-cli.ts'
import { until } from '../../support/until.ts'

const foreign = '0123456789abcdef01234567'
const capped = { authorization: `Bearer ${canaryServiceKey}-2` }

/** The operations of this action, newest first, once there are as many. */
const kept = (bff: Bff, staff: Carried, query: string, many = 1) =>
  until(
    async () => (await bff.call('GET', `/ops/api/operations?${query}`, { headers: staff })).json.operations,
    ({ length }) => length >= many,
  )
const auditor = (bff: Bff) => bff.signIn({ roles: ['auditor'], actor: { id: 'otto' } })
const end = async (bff: Bff) => expect((await journalCli({ JOURNAL_URL: `sqlite:${bff.journalFile}` }, ['verify'])).code).toBe(0)

test("another app's path is refused with an event, whatever the call, and a flood of them is few", async () => {
  await using bff = await startBff()
  const staff = await auditor(bff)
  const headers = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['GET', '/authcode'],
  ] as const)
    expect((await bff.call(method, `/v1.1/apps/${foreign}/appusers/cust-7${path}`, { headers })).status).toBe(403)
  const [row] = await kept(bff, staff, 'target=cust-7&action=delete')
  expect(row).toMatchObject({ state: 'denied', action: 'delete_app_user', actor: { type: 'staff', id: 'ada' } })
  expect(JSON.stringify(row)).not.toContain('cust-7')
  expect((await kept(bff, staff, 'target=cust-7', 3)).map(({ state }: { state: string }) => state)).toEqual(['denied', 'denied', 'denied'])
  for (let times = 0; times < 60; times += 1) await bff.call('PUT', `/v1.1/apps/${foreign}/appusers/cust-8`, { headers, json: {} })
  expect((await kept(bff, staff, 'action=update', 20)).length).toBe(20)
  await end(bff)
})

test('an image as the business is refused with an event', async () => {
  await using bff = await startBff()
  const answer = await bff.call('POST', '/v1.1/appusers/me/images', { headers: await bff.signIn(), body: imageForm('appMaker') })
  expect([answer.status, answer.json.error.code]).toEqual([403, 'role_mismatch'])
  const [row] = await kept(bff, await auditor(bff), `target=${mina.userId}&action=image`)
  expect(row).toMatchObject({ state: 'denied', actor: { type: 'user' } })
})

test('a refused reveal or verdict is an event', async () => {
  await using bff = await startBff()
  const staff = await auditor(bff)
  for (const [act, json] of [
    ['reveal', {}],
    ['resolve', { verdict: 'applied' }],
  ] as const) {
    expect((await bff.call('POST', `/ops/api/operations/op_x/${act}`, { headers: staff, json })).status).toBe(403)
    const [row] = await kept(bff, staff, `action=${act}_operation`)
    expect(row).toMatchObject({ state: 'denied', actor: { id: 'otto' } })
  }
})

test("ending other people's sessions is an event, by staff and by service keys, refused or not", async () => {
  await using bff = await startBff()
  const staff = await auditor(bff)
  const agent = await bff.signIn({ roles: ['agent'], actor: { id: 'ada' } })
  expect((await bff.call('POST', '/auth/sessions/end', { headers: agent, json: { userId: 'cust-1' } })).status).toBe(204)
  expect((await bff.call('POST', '/auth/sessions/end', { headers: await bff.signIn(), json: { userId: 'cust-1' } })).status).toBe(403)
  expect((await bff.private('POST', '/sessions/end', { userId: 'cust-1' })).status).toBe(204)
  expect((await bff.private('POST', '/sessions/end', { everyone: true }, capped)).status).toBe(403)
  const rows = await kept(bff, staff, 'action=end_sessions', 4)
  expect(rows.map(({ state, actor }: { state: string; actor: { id: string } }) => [state, actor.id])).toEqual([
    ['denied', 'key:capped'],
    ['success', 'key:backend'],
    ['denied', expect.stringMatching(/^sub_/)],
    ['success', 'ada'],
  ])
  expect(await kept(bff, staff, 'action=end_sessions&target=cust-1', 3)).toHaveLength(3)
  expect((await bff.private('POST', '/sessions/end', { everyone: true })).status).toBe(204)
  await end(bff)
})

test('changed roles, and sessions minted for staff and programs, are events; those of end users are not', async () => {
  await using bff = await startBff()
  const staff = await auditor(bff)
  expect((await bff.private('POST', '/sessions/roles', { actorId: 'bob', roles: ['agent'] })).status).toBe(204)
  expect((await bff.private('POST', '/sessions/roles', { actorId: 'bob', roles: ['admin'] }, capped)).status).toBe(403)
  const roles = await kept(bff, staff, 'action=set_roles&target=bob', 2)
  expect(roles.map(({ state }: { state: string }) => state)).toEqual(['denied', 'success'])
  const { events } = (await bff.call('GET', `/ops/api/operations/${roles[1].operation}`, { headers: staff })).json
  expect(events[0].facts).toEqual({ roles: ['agent'] })
  await bff.signIn()
  const minted = await bff.private('POST', '/sessions', { kind: 'service', roles: ['agent'], actor: { id: 'crm' } })
  expect((await bff.private('DELETE', `/sessions/${minted.json.sessionId}`)).status).toBe(204)
  expect((await bff.private('POST', '/sessions', { kind: 'bearer', roles: ['admin'], actor: { id: 'eve' } }, capped)).status).toBe(403)
  expect(await kept(bff, staff, 'action=mint_session&target=crm')).toHaveLength(1)
  expect(await kept(bff, staff, 'action=end_sessions&target=crm')).toHaveLength(1)
  expect((await kept(bff, staff, 'action=mint_session&target=eve')).map(({ state }: { state: string }) => state)).toEqual(['denied'])
  expect(
    await bff
      .call('GET', `/ops/api/operations?action=mint_session&target=${mina.userId}`, { headers: staff })
      .then((it) => it.json.operations),
  ).toEqual([])
})

test('a session that a key may not mint is an event, of an end user too; a program that is ended is found by its id', async () => {
  const staffKey = { authorization: `Bearer ${canaryServiceKey}-3` }
  await using bff = await startBff({ env: { SERVICE_KEYS: `backend:${canaryServiceKey},staff:${canaryServiceKey}-3:agent` } })
  const staff = await auditor(bff)
  expect((await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'cust-3' }, staffKey)).status).toBe(403)
  const [denied] = await kept(bff, staff, 'action=mint_session&target=cust-3')
  expect(denied).toMatchObject({ state: 'denied', actor: { id: 'key:staff' } })

  const program = { kind: 'service', roles: ['agent'], actor: { id: 'crm-3', name: 'Customer relations' } }
  const { sessionId } = (await bff.private('POST', '/sessions', program)).json
  expect((await bff.private('DELETE', `/sessions/${sessionId}`)).status).toBe(204)
  const [ended] = await kept(bff, staff, 'action=end_sessions&target=crm-3')
  expect(ended).toMatchObject({ state: 'success', actor: { id: 'key:backend' } })
  await end(bff)
})

test('a user made by itself at the first call is an event with both names', async () => {
  await using bff = await startBff()
  const headers = await bff.signIn({ userId: 'new-1' })
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers })).status).toBe(200)
  const rows = await kept(bff, await auditor(bff), 'target=new-1&action=create')
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ state: 'success', actor: { type: 'user' } })
  expect(rows[0].targets).toEqual([expect.objectContaining({ role: 'subject', smoochId: bff.sandbox.user(appId, 'new-1')!._id })])
})
