/** The console's pages from outside a browser: who may open them and how, what they carry. */
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ask } from '../security/requests.ts'
import { appId, type Bff, type Carried, startBff } from '../support/bff.ts'
import { fillJournal } from '../support/fill-journal.ts'

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

  test.each([
    ['/ops/', '/bff/ops'],
    ['/ops/?q=state%3Aopen', '/bff/ops?q=state%3Aopen'],
    ['/ops/operations/op_1/', '/bff/ops/operations/op_1'],
  ])('with a slash at its end leads to the one without: %s', async (path, location) => {
    const { status, headers } = await open(opened, 'GET', path)
    expect([status, headers['location']]).toEqual([308, location])
  })

  test('carries the policy of pages and is not stored', async () => {
    const { headers, body } = await open(opened)
    expect(headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(body).not.toMatch(/<script(?! type="module" src=)|\sstyle=|\son\w+=/)
  })

  test('sends its head first, so that the browser fetches styles and scripts while the journal is read', async () => {
    const [answer] = (await once(get(`${bff.app.publicUrl}/bff/ops`, { headers: { ...opened, cookie } }), 'response')) as [IncomingMessage]
    const parts: string[] = []
    // As they were written: one part for each chunk.
    answer.on('data', (part) => parts.push(String(part)))
    await once(answer, 'end')
    const [head = '', body = ''] = [parts.shift(), parts.join('')]
    for (const name of ['console.css', 'timeline.js', 'call.js', 'times.js']) expect(head).toContain(`/bff/ops/${name}"`)
    expect([head.slice(0, 9), head.slice(-8), body.slice(0, 5), body.slice(-8)]).toEqual(['<!doctype', '</head>\n', '<body', '</html>\n'])
  })

  test('takes GET alone', async () => {
    expect((await open({}, 'POST')).status).toBe(405)
  })

  test('its fragment is for our own script', async () => {
    expect((await open({ ...opened }, 'GET', '/ops/rows')).status).toBe(403)
    expect((await open({ 'X-BFF-CSRF': '1', 'Sec-Fetch-Site': 'same-origin' }, 'GET', '/ops/rows')).status).toBe(200)
  })
})

test('a page that keeps itself up to date does not keep its session alive, and reads within its limit', async () => {
  await using strict = await startBff({ env: { LIMIT_READS: '3' } })
  const headers = await strict.signIn({ kind: 'cookie', roles: ['auditor'], actor: { id: 'aud' } })
  const { cookie: own = '', ...marked } = headers
  const statuses: unknown[] = []
  for (let n = 0; n < 5; n += 1) {
    const answer = await ask(strict, { path: '/ops/rows', headers: { Cookie: own, ...marked } })
    statuses.push([answer.status, String(answer.headers['ratelimit']).split(';t')[0]])
  }
  expect(statuses).toEqual([2, 1, 0, 0, 0].map((left, at) => [at < 3 ? 200 : 429, `"reads";r=${left}`]))
  expect((await ask(strict, { path: '/ops/rows' })).status).toBe(401)
})

test('when the journal is gone, the page is there and says so', async () => {
  await using broken = await startBff()
  const headers = await broken.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  const user = broken.sandbox.createUser(appId, { userId: 'safe' })
  renameSync(broken.journalFile, `${broken.journalFile}.gone`)
  expect((await broken.call('DELETE', `/v1.1/appusers/${user._id}`, { headers })).status).toBe(503)
  const answer = await broken.call('GET', '/ops', { headers })
  expect(answer.status).toBe(200)
  expect(answer.text).toMatch(/<h2>Gate<\/h2><p class="value">Closed/)
  expect((await broken.call('GET', '/ops/rows', { headers })).text).toContain('Closed')
})

describe('without a session', () => {
  test('a link from elsewhere bounces to the same address, once; else it is said', async () => {
    const path = '/ops?q=%22%3E%3Cscript%3E'
    const bounced = await ask(bff, { method: 'GET', path, headers: { ...opened, 'Sec-Fetch-Site': 'cross-site' } })
    expect([bounced.status, bounced.body]).toEqual([200, expect.stringContaining(`content="0; url=/bff${path}"`)])
    const told = await ask(bff, { method: 'GET', path, headers: { ...opened, 'Sec-Fetch-Site': 'same-origin' } })
    expect([told.status, told.body]).toEqual([401, expect.stringContaining('You are not signed in')])
  })
})

test('what was done in another app is not shown, found or exported', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pages-'))
  const url = `sqlite:${join(directory, 'journal.db')}`
  await fillJournal({ url, tenant: 'another-app', operations: 60, days: 2 })
  {
    await using two = await startBff({ env: { JOURNAL_URL: url } })
    const headers = await two.signIn({ roles: ['admin'], actor: { id: 'ada' } })
    const get = async (path: string): Promise<string> => (await two.call('GET', path, { headers })).text
    const journal = new DatabaseSync(join(directory, 'journal.db'), { readOnly: true, timeout: 5_000 })
    const others = journal.prepare("SELECT op FROM operation WHERE app = 'another-app'").all() as { op: string }[]
    journal.close()
    for (const path of [
      '/ops',
      '/ops?q=action:delete',
      '/ops/rows',
      '/ops/api/operations',
      '/ops/api/export',
      '/ops/api/export?format=csv&action=merge_users',
      '/ops/api/events',
    ]) {
      const text = await get(path)
      expect([path, text.match(/another-app|OPS-\d+|6a1f0c2b/)?.[0], others.filter(({ op }) => text.includes(op))]).toEqual([
        path,
        undefined,
        [],
      ])
    }
    const { op } = others[0]!
    expect((await two.call('GET', `/ops/operations/${op}`, { headers })).status).toBe(404)
  }
  rmSync(directory, { recursive: true })
})

test('open streams end when the process drains, so that it need not wait for them', async () => {
  const one = await startBff()
  const headers = await one.signIn({ roles: ['auditor'], actor: { id: 'aud' } })
  const answer = await fetch(`${one.app.publicUrl}/bff/ops/api/stream`, { headers })
  const began = performance.now()
  expect(await one.app.close(60_000)).toBe(0)
  expect(performance.now() - began).toBeLessThan(50_000)
  await answer.text()
  await one.sandbox.close()
})
