/** Refusals that named neither the rule nor what is allowed (`properties.?: Invalid input`), and ids of whole scripts that were refused as if they held control characters. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { pathId } from '../../../src/contract/ids.ts'
import { type Answer, type Bff, type Carried, startBff } from '../../support/bff.ts'

let bff: Bff
let self: Carried
let agent: Carried
beforeAll(async () => {
  bff = await startBff({ env: { SELF_PROPERTIES: 'language,theme' } })
  self = await bff.signIn()
  agent = await bff.signIn({ roles: ['agent', 'admin'], actor: { id: 'ada' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})
beforeEach(() => void bff.sent())

const put = (json: unknown, headers = agent) => bff.call('PUT', '/v1.1/appusers/cust-20481', { headers, json })
const told = ({ status, json }: Answer): [number, string, string] => [status, json.error.code, json.detail]

describe('a field', () => {
  test.each([
    [{ properties: { a: {} } }, 'properties.a: expected string or number or boolean'],
    [{ properties: { 'plan name': [1] } }, 'properties["plan name"]: expected string or number or boolean'],
    [{ properties: { język: {} } }, 'properties["język"]: expected string or number or boolean'],
    [{ properties: { '': 1 } }, 'properties: a key: must not be empty'],
    [{ properties: { 'a<script>': {} } }, 'properties.?: expected string or number or boolean'],
    [{ properties: { ['k'.repeat(65)]: {} } }, 'properties.?: expected string or number or boolean'],
    [{ signedUpAt: '2026-03-02T10:15:00' }, expect.stringMatching(/^signedUpAt: expected an ISO 8601 time with Z or an offset, such as /)],
    [{ signedUpAt: '2026-03-02' }, expect.stringMatching(/^signedUpAt: expected an ISO 8601 time/)],
    [{ signedUpAt: 1772445600 }, expect.stringMatching(/^signedUpAt: expected an ISO 8601 time/)],
    [{ signedUpAt: null }, expect.stringMatching(/^signedUpAt: expected an ISO 8601 time/)],
  ])('%j is refused with its name, the rule and what is allowed', async (body, words) => {
    expect(told(await put(body))).toEqual([400, 'bad_request', words])
    expect(bff.sent()).toBe(0)
  })

  test('signedUpAt is taken in the forms that the examples name', async () => {
    for (const signedUpAt of [
      '2026-03-02T10:15:00.000Z',
      '2026-03-02T10:15:00Z',
      '2026-03-02T11:15:00+01:00',
      '2026-03-02T11:15:00.123456+01:00',
    ])
      expect((await put({ signedUpAt })).status).toBe(200)
  })

  test('that end users may not write is named, and so are those that they may', async () => {
    for (const [body, field] of [
      [{ properties: { plan: 'gold' } }, 'properties.plan'],
      [{ properties: { language: 'fr', 'plan name': 'x' } }, 'properties["plan name"]'],
      [{ properties: { 'a<b>': 'x' } }, 'properties.?'],
    ] as const)
      expect(told(await put(body, self))).toEqual([
        403,
        'field_not_allowed',
        `You may not write ${field}; you may write the properties language, theme.`,
      ])
    expect(told(await put({ signedUpAt: '2026-03-02T10:15:00Z' }, self))[2]).toBe(
      'You may not write signedUpAt; you may write givenName, surname, email and the properties language, theme.',
    )
    await using closed = await startBff()
    const theirs = await closed.signIn()
    const answer = await closed.call('PUT', '/v1.1/appusers/me', { headers: theirs, json: { properties: { plan: 'gold' } } })
    expect(answer.json.detail).toBe('You may not write properties.plan; you may write no properties.')
  })

  test('whose place is in a message or a link is named too', async () => {
    const link = (metadata: unknown) => ({
      type: 'twilio',
      phoneNumber: '+15145550100',
      confirmation: { type: 'userActivity', message: { role: 'appMaker', type: 'text', text: 'x', metadata } },
    })
    const answer = await bff.call('POST', '/v1.1/appusers/cust-20481/channels', { headers: agent, json: link({ 'a b': {} }) })
    expect(told(answer)[2]).toBe('confirmation.message.metadata["a b"]: expected string or number or boolean or null')
  })
})

test('a ticket of another form is told the form, and where it is set', async () => {
  await using other = await startBff({ env: { AUDIT_TICKET: '^INC[0-9]{6}$' } })
  const headers = { ...(await other.signIn({ roles: ['admin'], actor: { id: 'ada' } })), 'audit-ticket': 'OPS-1' }
  const answer = await other.call('DELETE', '/v1.1/appusers/cust-20481', { headers })
  expect(told(answer)).toEqual([400, 'bad_request', 'audit-ticket: must match ^INC[0-9]{6}$, which is the setting AUDIT_TICKET.'])
})

describe('an id', () => {
  const words = ['می\u200cخواهم', 'क्\u200dष', 'ක්\u200dෂ', 'ന്\u200d\u0d31', 'zoë', '张伟', '😀']
  test.each(words)('that is a word of its script may stand in a path and be created: %s', async (id) => {
    expect(pathId(id)).toBe(id)
    const created = await bff.call('POST', '/v1.1/appusers', { headers: agent, json: { userId: id } })
    expect([created.status, created.json.appUser.userId]).toEqual([201, id])
    const read = await bff.call('GET', `/v1.1/appusers/${encodeURIComponent(id)}`, { headers: agent })
    expect([read.status, read.json.appUser.userId]).toEqual([200, id])
    const minted = await bff.private('POST', '/sessions', { kind: 'bearer', userId: id, actor: { id, name: id } })
    expect(minted.status).toBe(201)
  })

  const faults: [string, string, RegExp][] = [
    ['letters and accents apart (NFD)', 'zoe\u0308', /composed form \(Unicode NFC\)/],
    ['Hangul in parts', '\u1112\u1161\u11ab', /composed form/],
    ['a joiner at the end', 'می\u200c', /joiner U\+200C, which may only stand between two letters/],
    ['a joiner at the beginning', '\u200dab', /joiner U\+200D/],
    ['two joiners', 'a\u200c\u200cb', /joiner U\+200C/],
    ['a joiner beside a digit', 'a1\u200db', /joiner U\+200D/],
    ['a joiner between emoji', '👩\u200d💻', /joiner U\+200D/],
    ['a space without width', 'a\u200bb', /U\+200B, a character that cannot be seen/],
    ['a mark that turns the line', 'a\u202eb', /U\+202E/],
    ['a byte order mark', '\ufeffa', /U\+FEFF/],
    ['a soft hyphen', 'a\u00adb', /U\+00AD/],
    ['a control character', 'a\u0085b', /U\+0085/],
    ['too many characters', 'a'.repeat(257), /1 to 256 characters/],
  ]
  test.each(faults)('with %s is refused with what it is: in a path, and where somebody is created', async (_what, id, fault) => {
    const read = await bff.call('GET', `/v1.1/appusers/${encodeURIComponent(id)}`, { headers: agent })
    expect(told(read)).toEqual([400, 'invalid_id', expect.stringMatching(fault)])
    expect(read.json.detail).not.toContain('control characters')
    const created = await bff.call('POST', '/v1.1/appusers', { headers: agent, json: { userId: id } })
    expect(told(created)).toEqual([400, 'bad_request', expect.stringMatching(fault)])
    expect(created.json.detail).toMatch(/^userId: .*no path could name this user/)
    expect(bff.sent()).toBe(0)
  })

  test('that only needs to be addressed as me or by _id may still be created', async () => {
    for (const id of ['tenant/43', 'acme#7', '50%']) {
      const created = await bff.call('POST', '/v1.1/appusers', { headers: agent, json: { userId: id } })
      expect([created.status, created.json.appUser.userId]).toEqual([201, id])
    }
  })
})
