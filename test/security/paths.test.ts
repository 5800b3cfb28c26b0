/** A: paths that would mean something else upstream, and methods that a path does not know. Nothing of it is ever sent. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { takesHead } from '../../src/contract/operation.ts'
import { all } from '../../src/contract/operations.ts'
import { type Bff, type Carried, mina, startBff } from '../support/bff.ts'
import { ask, codeOf, json, long, refusal } from './requests.ts'

let bff: Bff
let program: Carried
beforeAll(async () => {
  bff = await startBff()
  program = await bff.signIn({ kind: 'service', roles: ['agent', 'admin', 'service'], actor: { id: 'back-office' } })
  bff.sent()
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const users = [`${long}/appusers`, '/v1.1/appusers']

describe.each(users)('below %s', (base) => {
  test.each([
    ['A1', ['..', '%2e%2e', '.%2e', '%2e.', '%2E%2E', '.', '%2e', '%252e%252e', '..%00', '%2e%2e%2f', '../..', '%2e%2e/%2e%2e']],
    ['A1, in the middle', ['../profile', '%2e%2e/profile', '%252e%252e/profile', './profile', 'u1/../u2', 'u1/%2e%2e/profile']],
    ['A2', ['a%2f..%2fmerge', 'u1;x=y', 'u1%3bx=y', 'u1%3fscope=app', 'u1%23x', 'u1%0d%0aX-A:1', '%00', '%7f', 'a%5cb', 'a\\b', 'a%25b']],
    ['A2, not UTF-8', ['%ff', '%zz', '%', '%4', '%c0%ae%c0%ae', '%ed%a0%80', '%f5%80%80%80', 'a%e2%80']],
    ['A2, invisible', ['a%c2%85', 'a%e2%80%ae', '%e2%80%8b', '%ef%bb%bfa', 'e%cc%81', '%f3%a0%80%81', '%c2%ad']],
    ['A2, slashes', ['/u1', 'u1//profile', '/', '/..']],
    ['too long', [`${'a'.repeat(257)}`]],
  ])('%s: DELETE is refused in our error body and nothing is sent', async (_case, ids) => {
    for (const id of ids) {
      const answer = await ask(bff, { method: 'DELETE', path: `${base}/${id}`, headers: program })
      expect([id, answer.status]).toEqual([id, 400])
      expect(['invalid_path', 'invalid_id']).toContain(codeOf(answer))
    }
    expect(bff.sent()).toBe(0)
  })

  test.each([
    '..',
    '%2e%2e',
    '.',
    'messenger%2f..',
    '%2e%2e%2fprofile',
    'carrier-pigeon',
    'Twilio',
    'twilio%20',
    '__proto__',
    'constructor',
  ])('A3: unlink of channel %s is refused and nothing is sent', async (channel) => {
    const answer = await ask(bff, { method: 'DELETE', path: `${base}/${mina.userId}/channels/${channel}`, headers: program })
    expect([answer.status, codeOf(answer)]).toEqual([400, expect.stringMatching(/^(invalid_path|bad_request)$/)])
    expect(bff.sent()).toBe(0)
  })

  test.each([
    ['/', 404],
    ['/profile/', 404],
    ['/PROFILE', 404],
    ['?x=1', 400],
    ['?_method=GET', 400],
  ])('%s after an id is another path, or a query that no row takes', async (rest, status) => {
    expect((await ask(bff, { method: 'DELETE', path: `${base}/${mina.userId}${rest}`, headers: program })).status).toBe(status)
    expect(bff.sent()).toBe(0)
  })
})

const paths = [...new Set(all.map(({ path }) => path))]
const fill = (path: string) => path.replace(':userId', mina.userId).replace(':channel', 'twilio')
const fits = (pattern: string, path: string) => new RegExp(`^${pattern.replace(/:\w+/g, '[^/]+')}$`).test(path)

describe.each(paths)('%s', (path) => {
  const declared = all
    .filter((row) => fits(row.path, path))
    .flatMap((row): string[] => (takesHead(row) ? [row.method, 'HEAD'] : [row.method]))

  test('says 405 with Allow to every method that is not in the table, and sends nothing', async () => {
    for (const method of ['HEAD', 'OPTIONS', 'TRACE', 'PATCH', 'GET', 'POST', 'PUT', 'DELETE', 'PROPFIND', 'QUERY']) {
      if (declared.includes(method)) continue
      for (const base of [long, '/v1.1']) {
        const answer = await ask(bff, { method, path: `${base}${fill(path)}`, headers: program })
        expect([method, answer.status]).toEqual([method, 405])
        expect(new Set(answer.headers['allow']!.split(', '))).toEqual(new Set(declared))
        if (method !== 'HEAD') expect(codeOf(answer)).toBe('method_not_allowed')
      }
    }
    expect(bff.sent()).toBe(0)
  })
})

test('headers and fields that claim another method or path mean nothing', async () => {
  const claims = [
    'X-HTTP-Method-Override: DELETE',
    'X-HTTP-Method: DELETE',
    'X-Method-Override: DELETE',
    'X-Original-URL: /v1.1/appusers/merge',
    'X-Rewrite-URL: /x',
  ]
  const answer = await ask(bff, { path: `${long}/appusers/${mina.userId}`, headers: program, lines: claims })
  expect(answer.status).toBe(200)
  expect(bff.sandbox.requests.slice(-bff.sent()).map(({ operation }) => operation)).toEqual(['get_app_user'])
  const field = await ask(bff, { path: `${long}/appusers/${mina.userId}?_method=DELETE`, headers: program })
  expect(refusal(field)).toEqual([400, 'bad_request'])
  const posted = await ask(bff, {
    method: 'POST',
    path: `${long}/appusers/${mina.userId}`,
    headers: { ...program, ...json },
    lines: claims,
    body: '{"_method":"DELETE"}',
  })
  expect(refusal(posted)).toEqual([405, 'method_not_allowed'])
  expect(bff.sent()).toBe(0)
})

test('the prefix and the path are matched exactly', async () => {
  for (const target of [
    '/BFF/v1.1/appusers/u',
    '/bff/V1.1/appusers/u',
    '/bff/v1.1/AppUsers/u',
    '/v1.1/appusers/u',
    '/bff/v1.1/webhooks',
    '/bff/v1.1',
    '/bff',
    '/',
  ])
    expect(refusal(await ask(bff, { target, headers: program }))).toEqual([404, 'not_found'])
  for (const target of ['http://127.0.0.1/bff/v1.1/appusers/u', '//bff/v1.1/appusers/u', '*', 'bff', '/bff/v1.1/appusers/u#x'])
    expect((await ask(bff, { target, headers: program })).status).toBe(400)
  expect(bff.sent()).toBe(0)
})
