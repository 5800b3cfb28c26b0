/** Any agent could have a link made without asking, which may merge somebody away at once; and an end user could have the business send any words to any number. */
import { describe, expect, test } from '@jest/globals'
import { all } from '../../../src/contract/operations.ts'
import { applyCallerOverrides } from '../../../src/policy/caller-overrides.ts'
import { type Bff, type Carried, mina, startBff } from '../../support/bff.ts'
import { bffOfFile } from '../../support/bff-of-file.ts'

const phone = { type: 'twilio', phoneNumber: '+15145550100' }
const message = { role: 'appMaker', type: 'text', text: 'Your account is blocked: https://evil.example' }
const link = async (bff: Bff, headers: Carried, confirmation: object, more: object = phone, id = mina.userId) => {
  const answer = await bff.call('POST', `/v1.1/appusers/${id}/channels`, { headers, json: { ...more, confirmation } })
  return [answer.status, answer.status < 400 ? '' : answer.json.error.code]
}
const linked = (bff: Bff) => bff.sandbox.requests.filter(({ operation }) => operation === 'link_app_user')
const now = () => Math.floor(Date.now() / 1000)

describe('a link that asks nobody', () => {
  test('is for an admin who signed in lately, and for programs with that role', async () => {
    await using bff = await startBff()
    const as = (roles: ('agent' | 'admin' | 'user')[], more = {}) => bff.signIn({ roles, actor: { id: roles.join() }, ...more })
    const immediate = { type: 'immediate' }
    expect(await link(bff, await as(['agent']), immediate)).toEqual([403, 'field_not_allowed'])
    expect(await link(bff, await bff.signIn(), immediate)).toEqual([403, 'field_not_allowed'])
    expect(await link(bff, await as(['admin'], { authTime: now() - 901 }), immediate)).toEqual([401, 'step_up_required'])
    expect(linked(bff)).toEqual([])
    expect(await link(bff, await as(['admin'], { authTime: now() - 800 }), immediate)).toEqual([200, ''])
    expect(await link(bff, await as(['admin'], { kind: 'service', authTime: now() - 901 }), immediate)).toEqual([200, ''])
    expect(await link(bff, await as(['agent'], { authTime: now() - 901 }), { type: 'prompt' })).toEqual([200, ''])
  })

  test('is for whom OPERATION_CALLERS names, who still must have signed in lately', async () => {
    await using bff = await startBff({ env: { OPERATION_CALLERS: 'link_app_user.immediate=agent' } })
    const agent = (authTime: number) => bff.signIn({ roles: ['agent'], actor: { id: 'ada' }, authTime })
    expect(await link(bff, await agent(now()), { type: 'immediate' })).toEqual([200, ''])
    expect(await link(bff, await agent(now() - 901), { type: 'immediate' })).toEqual([401, 'step_up_required'])
    const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'bob' } })
    expect(await link(bff, admin, { type: 'immediate' })).toEqual([403, 'field_not_allowed'])
  })

  test.each([
    ['link_app_user.immediate=self', 'end users cannot be given'],
    ['unlink_app_user.immediate=admin', 'not one of the operations'],
    ['link_app_user.prompt=admin', 'not one of the operations'],
  ])('%s is refused at the start', (text, fault) => expect(() => applyCallerOverrides(all, text)).toThrow(fault))
})

describe('an end user who links a channel', () => {
  const service = bffOfFile({ env: { SELF_LINK_MESSAGE: 'Is this you?' } })

  test.each([
    ['words', { type: 'prompt', message }, phone],
    ['words for userActivity', { type: 'userActivity', message }, phone],
    [
      'an action with options',
      {
        type: 'prompt',
        message: { ...message, actions: [{ type: 'link', text: 'x', uri: 'https://evil.example', extraChannelOptions: {} }] },
      },
      phone,
    ],
    ['the subject of a mail', { type: 'prompt' }, { type: 'mailgun', address: 'a@b.example', subject: 'Blocked' }],
  ])('cannot bring %s', async (_name, confirmation, more) => {
    const bff = service()
    expect(await link(bff, await bff.signIn(), confirmation, more)).toEqual([403, 'field_not_allowed'])
    expect(linked(bff)).toEqual([])
  })

  test('gets the message of the setting, and without one is offered the prompt alone', async () => {
    const bff = service()
    const headers = await bff.signIn()
    for (const type of ['prompt', 'userActivity']) expect(await link(bff, headers, { type })).toEqual([200, ''])
    for (const { body } of linked(bff))
      expect(body).toMatchObject({ confirmation: { message: { role: 'appMaker', type: 'text', text: 'Is this you?' } } })
    await using plain = await startBff()
    const own = await plain.signIn()
    expect(await link(plain, own, { type: 'userActivity' })).toEqual([400, 'bad_request'])
    expect(await link(plain, own, { type: 'prompt' })).toEqual([200, ''])
    expect(linked(plain).map(({ body }) => body)).toEqual([{ ...phone, confirmation: { type: 'prompt' } }])
  })

  test('has a limit of links alone', async () => {
    await using bff = await startBff({ env: { LIMIT_LINKS: '1' } })
    const headers = await bff.signIn()
    expect(await link(bff, headers, { type: 'prompt' })).toEqual([200, ''])
    expect(await link(bff, headers, { type: 'prompt' })).toEqual([429, 'too_many_requests'])
    expect((await bff.call('DELETE', '/v1.1/appusers/me/channels/twilio', { headers })).status).toBe(200)
  })

  test('staff bring their own words, and must where the vendor wants some', async () => {
    const bff = service()
    const agent = await bff.signIn({ roles: ['agent'], actor: { id: 'ada' } })
    expect(await link(bff, agent, { type: 'userActivity' })).toEqual([400, 'bad_request'])
    expect(await link(bff, agent, { type: 'userActivity', message })).toEqual([200, ''])
    expect(linked(bff)[0]!.body).toMatchObject({ confirmation: { message } })
  })
})
