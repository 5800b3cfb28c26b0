/** Guarded calls through the whole service: what the journal holds, what the vendor heard, what the caller was told. */
import { renameSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../support/bff.ts'
import { canaryEmail } from '../support/canaries.ts'
import { until } from '../support/until.ts'

let bff: Bff
let admin: Carried
let auditor: Carried
beforeAll(async () => {
  bff = await startBff({ hangMs: 400 })
  admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada', name: 'Ada' } })
  auditor = await bff.signIn({ roles: ['auditor'], actor: { id: 'aud' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

let count = 0
const newUser = () => {
  count += 1
  return bff.sandbox.createUser(appId, {
    userId: `person-${count}`,
    givenName: 'Grace',
    email: canaryEmail,
    clients: [{ platform: 'twilio' }],
  })
}
const remove = (id: string, headers: Carried = {}) => bff.call('DELETE', `/v1.1/appusers/${id}`, { headers: { ...admin, ...headers } })
const ops = (path: string, headers = auditor) => bff.call('GET', `/ops/api${path}`, { headers })
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
const historyOf = async (operation: string | null): Promise<any> => (await ops(`/operations/${operation}`)).json
const sends = (operation: string) => bff.sandbox.requests.filter((request) => request.operation === operation).length

describe('a deletion', () => {
  test('leaves an intent with its before-image and an outcome, and tells where', async () => {
    const user = newUser()
    const answer = await remove('person-1', {
      'audit-reason': 'gdpr_request',
      'audit-ticket': 'OPS-4711',
      'audit-note': encodeURIComponent('asked by phone, ünïcode'),
    })
    expect([answer.status, answer.json]).toEqual([200, {}])
    const operation = answer.headers.get('audit-operation')
    expect(operation).toMatch(/^op_/)
    expect(answer.headers.get('audit-receipt')).toMatch(/^\d+$/)
    const { state, events } = await historyOf(operation)
    expect(state).toBe('success')
    expect(events).toMatchObject([
      {
        kind: 'intent',
        action: 'delete_app_user',
        actor: { type: 'staff', id: 'ada', roles: ['admin'] },
        targets: [{ role: 'subject', smoochId: user._id }],
        reason: { code: 'gdpr_request', ticket: 'OPS-4711' },
        before: { state: 'captured' },
        request: { method: 'DELETE', path: `/v1.1/apps/${appId}/appusers/${user._id}` },
      },
      { kind: 'outcome', outcome: 'success', upstream: { status: 200, sent: true } },
    ])
    for (const personal of ['person-1', canaryEmail, 'Grace', 'Ada', '127.0.0.1', 'phone'])
      expect(JSON.stringify(events)).not.toContain(personal)
  })

  test('is found by either name of a person who is gone', async () => {
    const user = newUser()
    const answer = await remove(user._id)
    for (const target of [user._id, user.userId!]) {
      const { operations } = (await ops(`/operations?target=${target}`)).json
      expect(operations).toMatchObject([
        { operation: answer.headers.get('audit-operation'), action: 'delete_app_user', state: 'success', actor: { id: 'ada' } },
      ])
    }
    expect((await ops('/operations?target=nobody')).json).toEqual({ operations: [] })
  })

  test('that the vendor refuses is a failure', async () => {
    const user = newUser()
    bff.sandbox.fault({ operation: 'delete_app_user', status: 409, times: 1 })
    const answer = await remove(user._id)
    expect(answer.status).toBe(409)
    expect(await historyOf(answer.headers.get('audit-operation'))).toMatchObject({
      state: 'failure',
      events: [{}, { outcome: 'failure', upstream: { status: 409 } }],
    })
  })

  test.each([
    ['no answer', { hang: true }],
    ['a 500', { status: 500 }],
    ['a reset', { reset: true }],
  ])('that ends with %s is unknown, and is in need of attention', async (_what, fault) => {
    const user = newUser()
    bff.sandbox.fault({ operation: 'delete_app_user', ...fault, times: 1 })
    const answer = await remove(user._id)
    expect([answer.status, answer.json.error.code]).toEqual([504, 'upstream_unknown'])
    const operation = answer.headers.get('audit-operation')
    expect((await historyOf(operation)).state).toBe('unknown')
    const { operations } = (await ops('/operations?state=open')).json as { operations: { operation: string }[] }
    expect(operations.map((it) => it.operation)).toContain(operation)
  })

  test('goes on when what stands there cannot be read, by a template of its path', async () => {
    newUser()
    bff.sandbox.fault({ operation: 'get_app_user', status: 500, times: 1 })
    const answer = await remove(`person-${count}`)
    expect(answer.status).toBe(200)
    const { events } = await historyOf(answer.headers.get('audit-operation'))
    expect(events[0]).toMatchObject({ before: { state: 'unavailable' }, request: { path: '/appusers/:userId' } })
  })

  test('of somebody unknown is 404 and sends nothing that destroys', async () => {
    const before = sends('delete_app_user')
    expect((await remove('nobody-at-all')).status).toBe(404)
    expect(sends('delete_app_user')).toBe(before)
  })
})

describe('denied attempts', () => {
  test('are recorded with who and whom, and counted when they flood', async () => {
    const user = newUser()
    const customer = await bff.signIn({ userId: 'curious' })
    for (let i = 0; i < 30; i++) expect((await bff.call('DELETE', `/v1.1/appusers/${user._id}`, { headers: customer })).status).toBe(403)
    const denied = async () => (await ops(`/operations?target=${user._id}&state=denied`)).json.operations as unknown[]
    await until(async () => (await denied()).length >= 20)
    expect(await denied()).toHaveLength(20)
    expect((await denied())[0]).toMatchObject({ action: 'delete_app_user', actor: { type: 'user', roles: ['user'] } })
  })
})

describe('writes and reveals that destroy nothing', () => {
  test('leave one event each, and never the code', async () => {
    const user = newUser()
    const headers = await bff.signIn({ userId: user.userId! })
    await bff.call('PUT', '/v1.1/appusers/me', { headers, json: { givenName: 'G' } })
    const code = (await bff.call('GET', '/v1.1/appusers/me/authcode', { headers })).json.authCode as string
    const found = async () => (await ops(`/operations?target=${user.userId}`)).json.operations as { action: string }[]
    await until(async () => (await found()).length >= 2)
    expect((await found()).map(({ action }) => action)).toEqual(['get_app_user_auth_code', 'update_app_user'])
    expect((await ops('/export')).text).not.toContain(code)
  })
})

describe('the Idempotency-Key', () => {
  test('gives the first answer again, and sends nothing', async () => {
    const user = newUser()
    const before = sends('delete_app_user')
    const first = await remove(user._id, { 'idempotency-key': 'once' })
    const again = await remove(user._id, { 'idempotency-key': 'once' })
    expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([first.status, first.text, 'true'])
    expect(again.headers.get('audit-operation')).toBe(first.headers.get('audit-operation'))
    expect(sends('delete_app_user') - before).toBe(1)
  })

  test('with another request is 422', async () => {
    const [one, two] = [newUser(), newUser()]
    await remove(one._id, { 'idempotency-key': 'shared' })
    const answer = await remove(two._id, { 'idempotency-key': 'shared' })
    expect([answer.status, answer.json.error.code]).toEqual([422, 'idempotency_key_reused'])
    expect(bff.sandbox.user(appId, two._id)).toBeDefined()
  })

  test('of an operation whose outcome is unknown is 504, never a second send', async () => {
    const user = newUser()
    bff.sandbox.fault({ operation: 'delete_app_user', status: 500, times: 1 })
    const first = await remove(user._id, { 'idempotency-key': 'lost' })
    const before = sends('delete_app_user')
    const again = await remove(user._id, { 'idempotency-key': 'lost' })
    expect([first.status, again.status, again.json.error.code]).toEqual([504, 504, 'operation_unknown'])
    expect([again.headers.get('audit-operation'), sends('delete_app_user') - before]).toEqual([first.headers.get('audit-operation'), 0])
  })

  test('in parallel sends once', async () => {
    const user = newUser()
    const before = sends('delete_app_user')
    const answers = await Promise.all(Array.from({ length: 8 }, () => remove(user._id, { 'idempotency-key': 'parallel' })))
    expect(sends('delete_app_user') - before).toBe(1)
    for (const { status } of answers) expect([200, 409]).toContain(status)
  })

  test('that is malformed is refused', async () => {
    expect((await remove('x', { 'idempotency-key': 'a b' })).status).toBe(400)
  })
})

describe('the reason', () => {
  test.each([
    ['an unlisted code', { 'audit-reason': 'because' }],
    ['a ticket of another form', { 'audit-ticket': '=HYPERLINK()' }],
    ['a note that is no percent-encoded text', { 'audit-note': '%zz' }],
  ])('%s is refused and nothing is sent', async (_what, headers) => {
    const user = newUser()
    bff.sent()
    expect([(await remove(user._id, headers)).status, bff.sent()]).toEqual([400, 0])
  })

  test('and its ticket can be required, and the refusal names the header', async () => {
    await using strict = await startBff({ env: { AUDIT_REQUIRED_FOR: 'admin', AUDIT_REQUIRED: 'reason,ticket' } })
    const user = strict.sandbox.createUser(appId, { userId: 'x' })
    const person = await strict.signIn({ roles: ['admin'], actor: { id: 'a' } })
    const given: Carried = { ...person }
    for (const [name, value] of [
      ['Audit-Reason', 'fraud'],
      ['Audit-Ticket', 'OPS-1'],
    ] as const) {
      const refused = await strict.call('DELETE', `/v1.1/appusers/${user._id}`, { headers: given })
      expect([refused.status, refused.json.error.code, refused.json.detail]).toEqual([
        400,
        'reason_required',
        expect.stringContaining(`${name} is required`),
      ])
      given[name.toLowerCase()] = value
    }
    expect((await strict.call('DELETE', `/v1.1/appusers/${user._id}`, { headers: given })).status).toBe(200)
  })

  test('can be required, and a program brings its own', async () => {
    await using strict = await startBff({ env: { AUDIT_REQUIRED_FOR: 'admin' } })
    const user = strict.sandbox.createUser(appId, { userId: 'x' })
    const person = await strict.signIn({ roles: ['admin'], actor: { id: 'a' } })
    const refused = await strict.call('DELETE', `/v1.1/appusers/${user._id}`, { headers: person })
    expect([refused.status, refused.json.error.code]).toEqual([400, 'reason_required'])
    const program = await strict.signIn({
      kind: 'service',
      roles: ['admin'],
      actor: { id: 'p' },
      audit: { reason: 'gdpr_request', ticket: 'JOB-1' },
    })
    expect((await strict.call('DELETE', `/v1.1/appusers/${user._id}`, { headers: program })).status).toBe(200)
  })
})

describe('a merge', () => {
  test('names both and holds both images', async () => {
    const [surviving, discarded] = [newUser(), newUser()]
    const answer = await bff.call('POST', '/v1.1/appusers/merge', {
      headers: admin,
      json: { surviving: { _id: surviving._id }, discarded: { _id: discarded._id } },
    })
    const { events } = await historyOf(answer.headers.get('audit-operation'))
    expect(events[0]).toMatchObject({
      targets: [
        { role: 'surviving', smoochId: surviving._id },
        { role: 'discarded', smoochId: discarded._id },
      ],
      before: { fields: ['surviving', 'discarded'] },
    })
    for (const id of [surviving._id, discarded._id]) expect((await ops(`/operations?target=${id}`)).json.operations).toHaveLength(1)
  })
})

describe('when the journal cannot be written', () => {
  test('guarded calls are 503 and nothing is sent, reads and writes go on', async () => {
    await using broken = await startBff()
    const user = broken.sandbox.createUser(appId, { userId: 'safe' })
    const headers = await broken.signIn({ roles: ['admin'], actor: { id: 'a' } })
    renameSync(broken.journalFile, `${broken.journalFile}.gone`)
    const began = performance.now()
    for (let i = 0; i < 3; i++) {
      const answer = await broken.call('DELETE', `/v1.1/appusers/${user._id}`, { headers })
      expect([answer.status, answer.json.error.code]).toEqual([503, 'journal_unavailable'])
    }
    expect(performance.now() - began).toBeLessThan(60_000)
    expect(broken.sandbox.requests.filter(({ method }) => method === 'DELETE')).toEqual([])
    expect((await broken.call('GET', `/v1.1/appusers/${user._id}`, { headers })).status).toBe(200)
    expect((await broken.call('PUT', `/v1.1/appusers/${user._id}`, { headers, json: { givenName: 'x' } })).status).toBe(200)
    expect(broken.lines.some((line) => line['alarm'] === 'journal_gate')).toBe(true)
  })
})
