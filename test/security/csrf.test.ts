/** E1: a cookie counts only in a call that our own page made, and what else looks like a credential. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bff, type Carried, startBff } from '../support/bff.ts'
import { ask, json, long, portOf, refusal } from './requests.ts'

let bff: Bff
let cookie: string
beforeAll(async () => {
  bff = await startBff()
  cookie = (await bff.signIn({ kind: 'cookie' }))['cookie']!
  bff.sent()
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})
afterEach(() => {
  bff.sandbox.clearFaults()
})

const own = () => `http://127.0.0.1:${portOf(bff).port}`
const send = (method: string, headers: Carried, lines: string[] = []) => {
  const body = method === 'PUT' ? { body: '{"givenName":"Mina"}' } : {}
  return ask(bff, {
    method,
    path: `${long}/appusers/me`,
    headers: { Cookie: cookie, ...(method === 'PUT' && json), ...headers },
    lines,
    ...body,
  })
}

const marked = { 'X-BFF-CSRF': '1' }
const same = { 'Sec-Fetch-Site': 'same-origin' }

describe('refused with 403, and nothing is sent', () => {
  test.each<[string, Carried, string[]]>([
    ['cross-site', { ...marked, 'Sec-Fetch-Site': 'cross-site' }, []],
    ['same-site', { ...marked, 'Sec-Fetch-Site': 'same-site' }, []],
    ['none', { ...marked, 'Sec-Fetch-Site': 'none' }, []],
    ['a list', { ...marked, 'Sec-Fetch-Site': 'same-origin, cross-site' }, []],
    ['two headers', { ...marked, ...same }, ['Sec-Fetch-Site: cross-site']],
    ['in capitals', { ...marked, 'Sec-Fetch-Site': 'SAME-ORIGIN' }, []],
    ['empty', { ...marked, 'Sec-Fetch-Site': '' }, []],
    ['no mark', same, []],
    ['a mark of another value', { ...same, 'X-BFF-CSRF': 'true' }, []],
    ['two marks', { ...same, ...marked }, ['X-BFF-CSRF: 1']],
    ['Origin null', { ...marked, ...same, Origin: 'null' }, []],
    ['Origin null alone', { ...marked, Origin: 'null' }, []],
    ['another Origin', { ...marked, ...same, Origin: 'https://evil.example' }, []],
    ['no Origin and no Sec-Fetch-Site', marked, []],
  ])('PUT: %s', async (_what, headers, lines) => {
    expect(refusal(await send('PUT', headers, lines))).toEqual([403, 'csrf'])
    expect(bff.sent()).toBe(0)
  })

  test('an Origin that only resembles ours', async () => {
    const { port } = portOf(bff)
    for (const Origin of [
      `https://127.0.0.1:${port}`,
      `http://127.0.0.1:${port + 1}`,
      `${own()}.evil.example`,
      `${own()}/`,
      `http://127.0.0.1:${port}@evil.example`,
      'http://127.0.0.1',
    ]) {
      expect(refusal(await send('PUT', { ...marked, Origin }))).toEqual([403, 'csrf'])
    }
    expect(bff.sent()).toBe(0)
  })

  test('GET needs the mark as well', async () => {
    expect(refusal(await send('GET', same))).toEqual([403, 'csrf'])
    expect(refusal(await send('GET', { ...marked, 'Sec-Fetch-Site': 'cross-site' }))).toEqual([403, 'csrf'])
    expect(bff.sent()).toBe(0)
  })

  test('sign-out and who-am-I from another site', async () => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await ask(bff, {
        method,
        path: '/auth/session',
        headers: { Cookie: cookie, ...marked, 'Sec-Fetch-Site': 'cross-site' },
      })
      expect(refusal(answer)).toEqual([403, 'csrf'])
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
    expect((await send('GET', { ...marked, ...same })).status).toBe(200)
  })
})

test('our own page passes, with Sec-Fetch-Site or with Origin', async () => {
  for (const headers of [same, { Origin: own() }, { ...same, Origin: own() }, { Origin: own().replace('127.0.0.1', 'localhost') }])
    expect((await send('PUT', { ...marked, ...headers })).status).toBe(200)
})

test('no answer opens itself to another origin', async () => {
  for (const method of ['GET', 'OPTIONS', 'PUT']) {
    const answer = await send(method, { ...marked, ...same, Origin: 'https://evil.example', 'Access-Control-Request-Method': 'PUT' })
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
    expect([403, 405]).toContain(answer.status)
  }
})
