/** A number that no double holds was changed in silence: on its way to the vendor, in what the vendor answered, and in what the journal kept of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isExact, parseExact } from '../../../src/platform/exact-json.ts'
import { chromiumInstalled } from '../../e2e/browser.ts'
import { openConsole } from '../../e2e/console-page.ts'
import { appId, type Bff, type Carried, mina, startBff } from '../../support/bff.ts'

let bff: Bff
let self: Carried
let admin: Carried
beforeAll(async () => {
  bff = await startBff({ env: { SELF_PROPERTIES: 'accountId' } })
  self = await bff.signIn()
  admin = await bff.signIn({ roles: ['admin', 'agent'], actor: { id: 'ada' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})
beforeEach(() => {
  bff.sandbox.clearFaults()
  bff.sent()
})

const long = '12345678901234567890'
const numbers = [long, '-9007199254740993', '0.12345678901234567891', '1e400', '-1.5E-400', '123456789012345678e3']
const answerWith = (number: string, { _id = '6a1f0c2be84d9f3b7715c0aa', userId = mina.userId } = {}): string =>
  `{"appUser":{"_id":"${_id}","userId":"${userId}","conversationStarted":true,"clients":[{"id":"c","platform":"web","active":true,"info":{"n":${number}},"order":${number}}],"properties":{"accountId":${number},"plan":1.5}},"more":[${number}]}`

const raw = async (method: string, path: string, text: string, headers: Carried) =>
  bff.call(method, path, { headers: { ...headers, 'content-type': 'application/json' }, body: text })

describe('a body', () => {
  test.each([long, '-9007199254740993', '0.1000000000000000055511151231257827', '1e-400', '1e400', '1234567890.1234567890'])(
    'with %s is refused with the place of the number, and nothing is sent',
    async (number) => {
      const answer = await raw('PUT', '/v1.1/appusers/me', `{"properties":{"accountId":${number}}}`, self)
      expect([answer.status, answer.json.error.code, bff.sent()]).toEqual([400, 'bad_request', 0])
      expect(answer.json.detail).toContain('at properties.accountId')
      expect(answer.text).not.toContain(number)
    },
  )

  test.each(['0.1', '9007199254740991', '1e21', '100000000000000000000', '0.30000000000000004', '-1.50', '1.7976931348623157e308'])(
    'with %s says the same at the vendor',
    async (number) => {
      const answer = await raw('PUT', '/v1.1/appusers/me', `{"properties":{"accountId":${number}}}`, self)
      expect([answer.status, answer.json.appUser.properties.accountId]).toEqual([200, Number(number)])
      expect(bff.sandbox.user(appId, mina.userId)?.properties['accountId']).toBe(Number(number))
    },
  )
})

test('an answer keeps the text of its numbers: fresh, from the cache, for the person and for staff', async () => {
  for (const number of numbers) {
    const { userId = '', _id } = bff.sandbox.createUser(appId, { userId: `reader-${Math.random()}` })
    const theirs = await bff.signIn({ userId })
    bff.sandbox.clearFaults()
    bff.sandbox.fault({ operation: 'get_app_user', body: answerWith(number, { userId, _id }) })
    bff.sent()
    for (const headers of [theirs, theirs, admin]) {
      const { text } = await bff.call('GET', `/v1.1/appusers/${userId}`, { headers })
      expect(text).toContain(`"properties":{"accountId":${number},"plan":1.5}`)
      expect(text).toContain(`"order":${number}`)
      expect(text).toContain(`"more":[${number}]`)
      expect(text.includes(`"info":{"n":${number}}`)).toBe(headers === admin)
    }
    expect(bff.sent()).toBe(1)
  }
})

test('so does the answer to a change, and the copy that it leaves', async () => {
  const { userId = '', _id } = bff.sandbox.createUser(appId, { userId: 'changes-long' })
  const theirs = await bff.signIn({ userId })
  bff.sandbox.fault({ operation: 'update_app_user', body: answerWith(long, { userId, _id }) })
  bff.sandbox.fault({ operation: 'get_app_user', body: answerWith(long, { userId, _id }) })
  const changed = await bff.call('PUT', '/v1.1/appusers/me', { headers: theirs, json: { givenName: 'A' } })
  expect([changed.status, changed.text]).toEqual([200, expect.stringContaining(`"accountId":${long}`)])
  for (const headers of [theirs, admin])
    expect((await bff.call('GET', `/v1.1/appusers/${userId}`, { headers })).text).toContain(`"accountId":${long}`)
})

test('so does an answer that is given again for its Idempotency-Key', async () => {
  bff.sandbox.fault({ operation: 'pre_create_app_user', status: 201, body: answerWith(long, { userId: 'made-once' }), times: 1 })
  const make = () =>
    bff.call('POST', '/v1.1/appusers', { headers: { ...admin, 'idempotency-key': 'long-number' }, json: { userId: 'made-once' } })
  const [first, second] = [await make(), await make()]
  expect([second.status, second.headers.get('idempotency-replayed'), second.text]).toEqual([201, 'true', first.text])
  expect(first.text).toContain(`"accountId":${long}`)

  const { _id, userId = '' } = bff.sandbox.createUser(appId, { userId: 'cleared-once' })
  bff.sandbox.fault({ operation: 'delete_app_user_profile', body: answerWith(long, { userId, _id }), times: 1 })
  const clear = () =>
    bff.call('DELETE', `/v1.1/appusers/${_id}/profile`, {
      headers: { ...admin, 'idempotency-key': 'long-number', 'audit-reason': 'gdpr_request' },
    })
  const [cleared, again] = [await clear(), await clear()]
  expect([again.status, again.headers.get('idempotency-replayed'), again.text]).toEqual([200, 'true', cleared.text])
  expect(cleared.text).toContain(`"accountId":${long}`)
})

const withBrowser = chromiumInstalled() ? test : test.skip

withBrowser('what stood there before a deletion is revealed to the last digit, in the page and in what it copies', async () => {
  await using it = await openConsole({}, { clipboard: true })
  await it.enterAsAdmin()
  const { _id, userId = '' } = it.person()
  it.bff.sandbox.fault({ operation: 'get_app_user', body: answerWith(long, { _id, userId }) })
  const id = await it.remove(_id)
  expect((await it.bff.call('POST', `/ops/api/operations/${id}/reveal`, { headers: it.admin })).text).toContain(`"accountId":${long}`)
  await it.page.goto(`/bff/ops/operations/${id}`)
  await it.page.getByRole('button', { name: 'Reveal personal data' }).click()
  await it.page.getByText('That you looked is in the journal').waitFor()
  expect(await it.page.locator('tr[data-field="properties"] .before').textContent()).toBe(`accountId${long}plan1.5`)
  await it.page.getByRole('button', { name: 'Copy as pre-create body' }).click()
  await it.page.getByText('Copied').waitFor()
  expect(await it.page.evaluate(() => navigator.clipboard.readText())).toContain(`"accountId": ${long}`)
})

test('whatever number is written, it is exact or it keeps its text', () => {
  const digits = (most: number) => fc.stringMatching(new RegExp(`^(0|[1-9][0-9]{0,${most}})$`))
  const parts = [
    fc.constantFrom('', '-'),
    digits(25),
    fc.option(fc.stringMatching(/^[0-9]{1,25}$/)),
    fc.option(fc.integer({ min: -420, max: 420 })),
  ] as const
  const written = fc
    .tuple(...parts)
    .map(
      ([sign, whole, fraction, exponent]) =>
        `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`,
    )
  fc.assert(
    fc.property(written, (number) => {
      const [again] = JSON.stringify(parseExact(`[${number}]`))
        .slice(1, -1)
        .split(',')
      if (isExact(number)) expect(Number(again)).toBe(Number(number) || 0)
      else expect(again).toBe(number)
    }),
    { numRuns: 2000 },
  )
})

test('numbers between doubles are told from those that are doubles', () => {
  const between = [
    '9007199254740993',
    '18014398509481985',
    '1e309',
    '5e-325',
    '0.1000000000000000055511151231257827',
    `1${'0'.repeat(30)}1`,
  ]
  const doubles = [
    '9007199254740992',
    '18014398509481984',
    '1e308',
    '5e-324',
    '0.1',
    `1${'0'.repeat(22)}`,
    '0e999',
    '-0',
    '1.0000000000000000000',
  ]
  expect(between.filter(isExact)).toEqual([])
  expect(doubles.filter((number) => !isExact(number))).toEqual([])
})

test('an answer without long numbers costs no second reading: values are plain numbers, and so are short ones beside a long one', () => {
  const { short, long: kept } = parseExact(`{"short":1.5,"long":${long}}`) as { short: unknown; long: unknown }
  expect([short, typeof kept]).toEqual([1.5, 'object'])
})
