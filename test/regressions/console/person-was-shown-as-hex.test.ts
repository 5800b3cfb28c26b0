/** A person is shown as people know them: by one userId, whatever the call used; what is searched for is what is shown. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ask } from '../../security/requests.ts'
import { appId, type Bff, type Carried, startBff } from '../../support/bff.ts'
import { journalCli } from '../../support/journal-cli.ts'
import { until } from '../../support/until.ts'

let bff: Bff
let admin: Carried
let page: Carried
beforeAll(async () => {
  bff = await startBff()
  admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  page = {
    cookie: (await bff.signIn({ kind: 'cookie', roles: ['auditor'], actor: { id: 'iris' } }))['cookie']!,
    ...{ 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Site': 'none' },
  }
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

/** Names of persons in the rows of a search. */
const shown = (q: string, rows: number, kind = 'person'): Promise<string[]> =>
  until(
    async () => {
      const { body } = await ask(bff, { path: `/ops?q=${encodeURIComponent(q)}`, headers: page })
      return [...body.matchAll(new RegExp(`<a class="${kind}[^>]*>([^<]*)</a>`, 'g'))].map(([, name = '']) => name)
    },
    (names) => names.length >= rows,
  )

test('by userId, whether the call used the userId or the _id, was refused, or was made by the person', async () => {
  const { _id } = bff.sandbox.createUser(appId, { userId: 'plain-2', clients: [{ platform: 'twilio' }] })
  const agent = await bff.signIn({ roles: ['agent'], actor: { id: 'alex' } })
  const own = await bff.signIn({ userId: 'plain-2' })
  for (const id of ['plain-2', _id]) {
    await bff.call('PUT', `/v1.1/appusers/${id}`, { headers: agent, json: { givenName: 'Mia' } })
    await bff.call('DELETE', `/v1.1/appusers/${id}`, { headers: agent })
  }
  await bff.call('PUT', '/v1.1/appusers/me', { headers: own, json: { givenName: 'Mia' } })
  await bff.call('DELETE', `/v1.1/appusers/${_id}/channels/twilio`, { headers: admin })
  await bff.call('DELETE', `/v1.1/appusers/${_id}`, { headers: admin })
  for (const q of ['plain-2', _id]) expect(new Set(await shown(q, 7))).toEqual(new Set(['plain-2']))
  expect(new Set(await shown('actor:plain-2', 1, 'who user'))).toEqual(new Set(['plain-2']))
})

test('an address or a number is masked, and its link finds the person all the same', async () => {
  for (const [userId, masked] of [
    ['mia@example.org', 'm…@example.org'],
    ['+15145550100', '…0100'],
  ] as const) {
    const { _id } = bff.sandbox.createUser(appId, { userId })
    await bff.call('PUT', `/v1.1/appusers/${_id}`, { headers: admin, json: { givenName: 'Mia' } })
    expect(await shown(userId, 1)).toEqual([masked])
    const { body } = await ask(bff, { path: `/ops?q=${encodeURIComponent(userId)}`, headers: page })
    const [, address = ''] = /<a class="person" href="\/bff([^"]+)"/.exec(body) ?? []
    expect((await ask(bff, { path: address, headers: page })).body).toContain(`>${masked}</a>`)
  }
})

test('a person that was erased is an _id again', async () => {
  const { _id } = bff.sandbox.createUser(appId, { userId: 'forgotten' })
  await bff.call('PUT', `/v1.1/appusers/${_id}`, { headers: admin, json: { givenName: 'Mia' } })
  expect(await shown(_id, 1)).toEqual(['forgotten'])
  const erased = await journalCli(
    { JOURNAL_URL: `sqlite:${bff.journalFile}` },
    ['erase', '--tenant', appId, '--user', 'forgotten', '--by', 'ops'],
    {},
  )
  expect(erased.code).toBe(0)
  expect(await shown(_id, 1)).toEqual([_id])
})
