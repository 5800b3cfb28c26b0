/** A userId of 24 hex digits was taken for the vendor's `_id`, and `onBehalfOf` for no name at all: both stood in the signed events in the clear, and no erasure could remove them. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../../support/bff.ts'
import { journalCli } from '../../support/journal-cli.ts'
import { until } from '../../support/until.ts'

let bff: Bff
let admin: Carried
beforeAll(async () => {
  bff = await startBff()
  admin = await bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' }, onBehalfOf: 'lena@example.org' })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const journal = (...line: string[]) => journalCli({ JOURNAL_URL: `sqlite:${bff.journalFile}` }, line)
const asUserId = '5eed5eed5eed5eed5eed0001'
const exported = async (): Promise<string> => (await bff.call('GET', '/ops/api/export', { headers: admin })).text
const operationsOn = async (target: string): Promise<{ operation: string; action: string }[]> =>
  (await bff.call('GET', `/ops/api/operations?target=${target}`, { headers: admin })).json.operations
const waitFor = (target: string, count: number) =>
  until(
    () => operationsOn(target),
    ({ length }) => length >= count,
  )

/** Of an admin, who acts for somebody: the newest one may be anybody's, since events that nobody waits for are written later. */
const ofAdmin = async (): Promise<string> =>
  (await operationsOn(asUserId)).find(({ action }) => action === 'delete_app_user_profile')!.operation

test('a userId that looks like an _id is a pseudonym in every kind of event', async () => {
  bff.sandbox.createUser(appId, { userId: asUserId, clients: [{ platform: 'twilio' }] })
  const agent = await bff.signIn({ roles: ['agent'], actor: { id: 'alex' } })
  const service = await bff.signIn({ kind: 'service', roles: ['service'], actor: { id: 'crm' } })
  const own = await bff.signIn({ userId: asUserId })
  const path = `/v1.1/appusers/${asUserId}`
  expect((await bff.call('PUT', path, { headers: agent, json: { givenName: 'G' } })).status).toBe(200)
  expect((await bff.call('GET', `${path}/authcode`, { headers: service })).status).toBe(200)
  expect((await bff.call('DELETE', path, { headers: agent })).status).toBe(403)
  expect((await bff.call('PUT', '/v1.1/appusers/me', { headers: own, json: { givenName: 'H' } })).status).toBe(200)
  expect((await bff.call('DELETE', `${path}/profile`, { headers: admin })).status).toBe(200)
  bff.sandbox.fault({ operation: 'get_app_user', status: 503, times: 1 })
  expect((await bff.call('DELETE', path, { headers: admin })).status).toBe(200)
  expect(await waitFor(asUserId, 6)).toHaveLength(6)
  expect(await exported()).not.toContain(asUserId)
})

test('whom somebody acts for is a pseudonym, and is told to those who reveal', async () => {
  expect(await exported()).not.toContain('lena')
  const operation = await ofAdmin()
  const { events } = (await bff.call('GET', `/ops/api/operations/${operation}`, { headers: admin })).json
  expect(events[0].actor.onBehalfOf).toMatch(/^sub_/)
  const { personal } = (await bff.call('POST', `/ops/api/operations/${operation}/reveal`, { headers: admin })).json
  expect(personal.person.onBehalfOf).toBe('lena@example.org')
})

test('an erasure takes both, and the journal stays intact', async () => {
  const before = await ofAdmin()
  for (const user of ['lena@example.org', asUserId])
    expect((await journal('erase', '--tenant', appId, '--user', user, '--by', 'ops')).code).toBe(0)
  const { personal } = (await bff.call('POST', `/ops/api/operations/${before}/reveal`, { headers: admin })).json
  expect(JSON.stringify(personal)).not.toMatch(/lena|5eed/)
  expect(await operationsOn(asUserId)).toEqual([])
  expect((await journal('verify')).code).toBe(0)
  expect(readFileSync(bff.journalFile).includes('lena')).toBe(false)
  expect(readFileSync(bff.journalFile).includes(asUserId)).toBe(false)
})
