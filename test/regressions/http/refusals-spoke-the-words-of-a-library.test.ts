/** A refusal of a value spoke zod's words ("Invalid option", "Too small", "Invalid discriminator value"), also where the field was not there at all; and a refusal of a role did not say whose operation it is. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { all } from '../../../src/contract/operations.ts'
import { type Bff, imageForm, startBff } from '../../support/bff.ts'

let bff: Bff
beforeAll(async () => {
  bff = await startBff({ env: { OPERATION_CALLERS: 'merge_users=admin+service' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

test.each([
  ['POST', '/appusers/me/channels', {}, 'type: must be one of twilio, messagebird, whatsapp, messenger, mailgun'],
  ['POST', '/appusers/me/channels', { type: 'fax' }, 'type: must be one of twilio, messagebird, whatsapp, messenger, mailgun'],
  [
    'POST',
    '/appusers/me/channels',
    { type: 'twilio', phoneNumber: '+15145550100', confirmation: {} },
    'confirmation.type: must be one of immediate, userActivity, prompt',
  ],
  ['PUT', '/appusers/me', { properties: { '': 'x' } }, 'properties: a key: must not be empty'],
  ['PUT', '/appusers/me', { properties: [] }, 'properties: expected object'],
  ['PUT', '/appusers/me', { properties: { plan: [] } }, 'properties.plan: expected string or number or boolean'],
  [
    'POST',
    '/appusers/me/channels',
    { type: 'mailgun', address: 'mina at example.org', confirmation: { type: 'prompt' } },
    'address: expected an email address',
  ],
])('%s %s %j', async (method, path, json, detail) => {
  const answer = await bff.call(method, `/v1.1${path}`, { headers: await bff.signIn(), json })
  expect([answer.status, answer.json.detail]).toEqual([400, detail])
})

test.each([
  [{ limit: -1 }, 'limit: must be more than 0'],
  [{ limit: 1.5 }, 'limit: expected whole number'],
  [{ limit: 1_000_001 }, 'limit: must be at most 1000000'],
  [{ ttl: 1e21 }, 'ttl: must be at most 9007199254740991'],
  [{ roles: 'auditor' }, 'roles: expected array'],
])('a session with %j is refused for one reason', async (wrong, detail) => {
  const answer = await bff.private('POST', '/sessions', { kind: 'service', actor: { id: 'crm' }, roles: ['agent'], ...wrong })
  const [place, says] = detail.split(': ')
  expect([answer.status, answer.json.detail, answer.json.errors]).toEqual([400, detail, [{ pointer: `#/${place}`, detail: says }]])
})

test('an image without a role', async () => {
  const form = imageForm('appUser')
  form.delete('role')
  const answer = await bff.call('POST', '/v1.1/appusers/me/images', { headers: await bff.signIn(), body: form })
  expect([answer.status, answer.json.detail]).toEqual([400, 'role: must be one of appUser, appMaker'])
})

describe('a role that lacks an operation hears whose it is', () => {
  const closed = all.filter(({ by, takes }) => takes === undefined && !(by as readonly string[]).includes('agent'))
  test.each(closed.map(({ id, method, path, by }) => [id, method, path, by.join(', ')] as const))(
    '%s, for an agent',
    async (_id, method, path, callers) => {
      const headers = await bff.signIn({ roles: ['agent'], actor: { id: 'ada' } })
      const target = `/v1.1${path.replace(':userId', 'cust-20481')}${path.endsWith('linkrequest') ? '?integrationIds=a' : ''}`
      const answer = await bff.call(method, target, { headers })
      expect([answer.status, answer.json.error.code, answer.json.detail]).toEqual([
        403,
        'forbidden',
        `Your role does not allow this operation, which is for ${callers}.`,
      ])
    },
  )

  test('as the setting OPERATION_CALLERS has it', async () => {
    const json = { surviving: { _id: 'cust-20481' }, discarded: { _id: 'cust-30007' } }
    const answer = await bff.call('POST', '/v1.1/appusers/merge', { headers: await bff.signIn(), json })
    expect([answer.status, answer.json.detail]).toEqual([403, 'Your role does not allow this operation, which is for admin, service.'])
  })
})
