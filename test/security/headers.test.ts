/** F1: requests on which two parsers could disagree. Each is refused, nothing is sent, and the service goes on. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type Bff, type Carried, mina, startBff } from '../support/bff.ts'
import { sendRaw } from '../support/raw.ts'
import { ask, codeOf, exchange, json, long, portOf } from './requests.ts'

let bff: Bff
let user: Carried
let cookie: Carried
beforeAll(async () => {
  bff = await startBff()
  user = await bff.signIn()
  cookie = await bff.signIn({ kind: 'cookie' })
  bff.sent()
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})
afterEach(async () => {
  expect(bff.sent()).toBe(0)
  expect((await ask(bff, { path: '/auth/session', headers: user })).json()).toMatchObject({ userId: mina.userId })
})

const put = { method: 'PUT', path: `${long}/appusers/me` }
const body = '{"givenName":"X"}'
const length = `Content-Length: ${body.length}`

test.each<[string, number, string[]]>([
  ['two Host', 400, ['Host: 127.0.0.1', 'Host: evil.example']],
  ['two Authorization', 400, ['Authorization: Bearer x']],
  ['two Authorization of other schemes', 400, ['Authorization: Basic eDp5']],
  ['two Content-Type', 400, ['Content-Type: application/json', 'Content-Type: text/plain']],
  ['two equal Content-Length', 400, [length, length]],
  ['two Content-Length', 400, [length, 'Content-Length: 0']],
  ['a list in Content-Length', 400, [`${length}, ${body.length}`]],
  ['Content-Length with a sign', 400, [`Content-Length: +${body.length}`]],
  ['Content-Length and Transfer-Encoding', 400, [length, 'Transfer-Encoding: chunked']],
  ['Transfer-Encoding and Content-Length', 400, ['Transfer-Encoding: chunked', length]],
  ['two Transfer-Encoding', 400, ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity']],
  ['another Transfer-Encoding', 400, ['Transfer-Encoding: gzip, chunked']],
  ['a disguised Transfer-Encoding', 400, ['Transfer-Encoding : chunked']],
  ['two Idempotency-Key', 400, ['Idempotency-Key: a', 'Idempotency-Key: b']],
  ['obs-fold', 400, ['X-A: 1\r\n folded']],
  ['a bare CR', 400, ['X-A: 1\rX-B: 2']],
  ['a bare LF', 400, ['X-A: 1\nTransfer-Encoding: chunked']],
  ['a NUL', 400, ['X-A: 1\0']],
  ['an empty name', 400, [': 1']],
  ['a name with a space', 400, ['X A: 1']],
  ['__proto__', 400, ['__proto__: x']],
  ['101 headers', 431, Array.from({ length: 101 }, (_, i) => `X-${i}: 1`)],
  ['2,000 headers', 431, Array.from({ length: 2_000 }, (_, i) => `X-${i}: 1`)],
  ['17 KB of headers', 431, [`X-A: ${'a'.repeat(17 * 1024)}`]],
  ['an expectation', 417, ['Expect: tea']],
])('%s: refused', async (_what, status, lines) => {
  const answer = await ask(bff, {
    ...put,
    headers: user,
    lines: lines.some((line) => /^content-type/i.test(line)) ? lines : ['Content-Type: application/json', ...lines],
    body,
  })
  expect(answer.status).toBe(status)
  expect(codeOf(answer)).toMatch(/^(bad_request|headers_too_large|expectation_failed)$/)
})

test('our cookie twice is refused, in one header or in two', async () => {
  const { cookie: pair, ...marks } = cookie
  for (const lines of [[`Cookie: ${pair}; ${pair}`], [`Cookie: ${pair}`, `Cookie: ${pair}`], [`Cookie: a=b; ${pair}`, 'Cookie: bff-dev=x']])
    expect((await ask(bff, { ...put, headers: { ...marks, ...json }, lines, body })).status).toBe(400)
})

test.each([
  ['another host', 'Host: evil.example', 421],
  ['our host on another port', 'Host: 127.0.0.1:1', 421],
  ['a host with a user in it', 'Host: x@127.0.0.1', 421],
  ['an empty host', 'Host:', 421],
])('%s is %s', async (_what, host, status) => {
  expect((await ask(bff, { path: '/v1.1/appusers/me', headers: user, lines: [host, 'X-Forwarded-Host: 127.0.0.1'] })).status).toBe(status)
})

test('what is hidden behind a refused request is not carried out', async () => {
  const { port } = portOf(bff)
  const hidden = `DELETE /bff/v1.1/appusers/me/channels/twilio HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${user['authorization']}\r\n\r\n`
  for (const lines of [
    [`Content-Length: 0`, 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Content-Length: 6'],
    ['Content-Length: 6', 'Content-Length: 0'],
    ['Transfer-Encoding: xchunked'],
    ['Transfer-Encoding: chunked, identity'],
  ]) {
    const { answers } = await exchange(
      bff,
      { ...put, headers: { ...user, ...json }, lines, body: `0\r\n\r\n${hidden}` },
      { untilClose: true },
    )
    expect(answers.map(({ status }) => status)).toEqual([400])
  }
})

test('HTTP/0.9, HTTP/2 and noise are answered or closed, and nothing else happens', async () => {
  for (const bytes of [
    'GET /bff/v1.1/appusers/me\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00',
    'A'.repeat(100_000),
    'GET / HTTP/9.9\r\n\r\n',
  ]) {
    const { answers, closed } = await sendRaw(portOf(bff), bytes, { untilClose: true })
    expect([closed, ...answers.map(({ status }) => status)]).toEqual([true, expect.any(Number)])
  }
})
