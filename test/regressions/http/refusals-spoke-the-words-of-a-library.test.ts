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
])('%s %s %j', async (method, path, json, detail) => {
  const answer = await bff.call(method, `/v1.1${path}`, { headers: await bff.signIn(), json })
  expect([answer.status, answer.json.detail]).toEqual([400, detail])
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
