/** An operation's page forgot who had looked after 500 other looks, called unchanged what a profile deletion had emptied, and promised what an erasure had taken. */
import { get } from 'node:http'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../../support/bff.ts'
import { journalCli } from '../../support/journal-cli.ts'

let bff: Bff
let admin: Carried
let cookie: Carried
beforeAll(async () => {
  bff = await startBff({ env: { LIMIT_SERVICE: '100000', LIMIT_READS: '100000' } })
  admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  cookie = await bff.signIn({ kind: 'cookie', roles: ['admin'], actor: { id: 'ada' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const person = (userId: string) =>
  bff.sandbox.createUser(appId, {
    userId,
    givenName: 'Grace',
    clients: [{ platform: 'twilio', displayName: '+1 555', info: { phone: '+1555' } }],
  })
const operationOf = async (path: string): Promise<string> =>
  (await bff.call('DELETE', `/v1.1/appusers/${path}`, { headers: admin })).headers.get('audit-operation')!
const reveal = async (id: string): Promise<number> =>
  (await bff.call('POST', `/ops/api/operations/${id}/reveal`, { headers: cookie })).status
const pageOf = (id: string): Promise<string> =>
  new Promise((resolve, reject) => {
    get(`${bff.app.publicUrl}/bff/ops/operations/${id}`, { headers: { cookie: cookie['cookie']! } }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => resolve(text))
    }).on('error', reject)
  })

test('who looked stays, however many look elsewhere', async () => {
  person('v-1')
  person('v-2')
  const [one, other] = [await operationOf('v-1'), await operationOf('v-2')]
  expect(await reveal(one)).toBe(200)
  for (let n = 0; n < 26; n += 1)
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => reveal(other))))).toEqual(new Set([200]))
  expect(await pageOf(one)).toMatch(/id="viewed">.*ada/s)
})

test('a profile deletion leaves the channels without names and details', async () => {
  person('p-1')
  const page = await pageOf(await operationOf('p-1/profile'))
  expect(page).toMatch(/data-field="givenName".*?class="after" role="cell">emptied</s)
  expect(page).toMatch(/data-field="clients".*?class="after" role="cell">without names, pictures and raw data</s)
})

test('what was erased is no longer kept, and there is nothing to reveal', async () => {
  person('e-1')
  const id = await operationOf('e-1')
  expect(await pageOf(id)).toMatch(/kept until .*id="reveal"/s)
  const env = { JOURNAL_URL: `sqlite:${bff.journalFile}` }
  const line = ['erase', '--tenant', appId, '--user', 'e-1', '--by', 'dpo']
  expect(await journalCli(env, line)).toMatchObject({ code: 0 })
  const page = await pageOf(id)
  expect(page).toContain('no longer kept')
  expect(page).not.toMatch(/kept until|id="reveal"/)
})
