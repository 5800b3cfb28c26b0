/** The console's pages from outside a browser: who may open them and how, what they carry. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ask } from '../security/requests.ts'
import { type Bff, type Carried, startBff } from '../support/bff.ts'

let bff: Bff
let cookie: string
beforeAll(async () => {
  bff = await startBff()
  cookie = (await bff.signIn({ kind: 'cookie', roles: ['auditor'], actor: { id: 'aud' } }))['cookie']!
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const opened = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }
const open = (headers: Carried, method = 'GET', path = '/ops') => ask(bff, { method, path, headers: { Cookie: cookie, ...headers } })

describe('a page', () => {
  test.each<[string, Carried]>([
    ['typed in', { ...opened, 'Sec-Fetch-Site': 'none' }],
    ['a link of ours', { ...opened, 'Sec-Fetch-Site': 'same-origin' }],
    ['a link elsewhere, with a cookie that is sent', { ...opened, 'Sec-Fetch-Site': 'same-site' }],
    ['a browser without Sec-Fetch', {}],
  ])('opens: %s', async (_how, headers) => {
    expect((await open(headers)).status).toBe(200)
  })

  test.each<[string, Carried]>([
    ['a frame', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' }],
    ['a fetch', { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' }],
    ['a script', { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'script' }],
  ])('does not open in %s', async (_how, headers) => {
    expect((await open({ ...headers, 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403)
  })

  test('carries the policy of pages and is not stored', async () => {
    const { headers, body } = await open(opened)
    expect(headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(body).not.toMatch(/<script(?! type="module" src=)|\sstyle=|\son\w+=/)
  })

  test('takes GET alone', async () => {
    expect((await open({}, 'POST')).status).toBe(405)
  })

  test('its fragment is for our own script', async () => {
    expect((await open({ ...opened }, 'GET', '/ops/rows')).status).toBe(403)
    expect((await open({ 'X-BFF-CSRF': '1', 'Sec-Fetch-Site': 'same-origin' }, 'GET', '/ops/rows')).status).toBe(200)
  })
})

describe('without a session', () => {
  test('a link from elsewhere bounces to the same address, once; else it is said', async () => {
    const path = '/ops?q=%22%3E%3Cscript%3E'
    const bounced = await ask(bff, { method: 'GET', path, headers: { ...opened, 'Sec-Fetch-Site': 'cross-site' } })
    expect([bounced.status, bounced.body]).toEqual([200, expect.stringContaining(`content="0;url=/bff${path}"`)])
    const told = await ask(bff, { method: 'GET', path, headers: { ...opened, 'Sec-Fetch-Site': 'same-origin' } })
    expect([told.status, told.body]).toEqual([401, expect.stringContaining('You are not signed in')])
  })
})

test('operations of another app are not shown', async () => {
  const bearer = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  expect((await bff.call('GET', '/ops/operations/op_nobody', { headers: bearer })).status).toBe(404)
})
