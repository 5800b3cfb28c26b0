/** Sign-ins, exchanges and pages of one address have limits of their own, which count what succeeds too. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { audience, startWithProvider, type WithProvider } from '../support/with-provider.ts'

let it: WithProvider
beforeAll(async () => {
  it = await startWithProvider({ REDIS_URL: '', LIMIT_SIGN_INS: '4', LIMIT_PAGES: '3', TRUSTED_PROXIES: '127.0.0.1' })
})
afterAll(async () => {
  await it[Symbol.asyncDispose]()
})

const now = () => Math.floor(Date.now() / 1000)
const get = (path: string, from: string, more = {}) => it.bff.call('GET', path, { headers: { 'x-forwarded-for': from, ...more } })
const exchange = async (from: string) =>
  it.bff.call('POST', '/auth/session', {
    headers: { 'x-forwarded-for': from },
    json: {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: await it.provider.sign({ sub: `many-${from}`, jti: randomUUID(), aud: audience, iat: now(), exp: now() + 300 }),
    },
  })

test('sign-ins begun and exchanges that succeed count together, and another address is served', async () => {
  for (let turn = 0; turn < 2; turn++) expect((await get('/auth/login', '192.0.2.1')).status).toBe(302)
  for (let turn = 0; turn < 2; turn++) expect((await exchange('192.0.2.1')).status).toBe(200)
  const answer = await exchange('192.0.2.1')
  expect([answer.status, answer.json.error.code]).toEqual([429, 'too_many_requests'])
  const wait = answer.headers.get('retry-after')
  expect([answer.headers.get('ratelimit-policy'), answer.headers.get('ratelimit')]).toEqual([
    '"sign-ins";q=4;w=60',
    `"sign-ins";r=0;t=${wait}`,
  ])
  expect((await get('/auth/login', '192.0.2.1')).status).toBe(429)
  expect((await exchange('192.0.2.2')).status).toBe(200)
})

test('a refresh is none of them: a guessed token costs no look-up, and one of ours is known', async () => {
  const refresh = () =>
    it.bff.call('POST', '/auth/refresh', { headers: { 'x-forwarded-for': '192.0.2.3' }, json: { refresh_token: 'guessed' } })
  for (let turn = 0; turn < 6; turn++) expect((await refresh()).status).toBe(401)
})

test('a browser that begins too often is told on a page', async () => {
  for (let turn = 0; turn < 4; turn++) await get('/auth/login', '192.0.2.4', { accept: 'text/html' })
  const page = await get('/auth/login', '192.0.2.4', { accept: 'text/html' })
  expect([page.status, page.headers.get('content-type')]).toEqual([429, 'text/html; charset=utf-8'])
  expect(page.text).toContain('Too many requests')
})

test.each(['/docs', '/docs.css', '/docs.js', '/openapi.json', '/ops', '/ops/console.css'])('a flood of %s is stopped', async (path) => {
  const from = `2001:db8:${path.length.toString(16)}::1`
  for (let turn = 0; turn < 3; turn++) expect([200, 401]).toContain((await get(path, from)).status)
  const answer = await get(path, from)
  expect([answer.status, answer.headers.get('ratelimit-policy')]).toEqual([429, '"pages";q=3;w=60'])
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
})
