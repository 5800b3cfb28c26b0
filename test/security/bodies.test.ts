/** G1: JSON on which two readers could disagree, or that costs more to read than to send. */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Bff, type Carried, mina, startBff } from '../support/bff.ts'
import type { RawAnswer } from '../support/raw.ts'
import { ask, codeOf, json, long, type RawRequest } from './requests.ts'

let bff: Bff
let program: Carried
beforeAll(async () => {
  bff = await startBff()
  program = await bff.signIn({ kind: 'service', roles: ['agent', 'admin'], actor: { id: 'back-office' } })
  bff.sent()
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const limitMs = 50

/** The answer and the least processor time of up to ten tries, in milliseconds: a busy machine adds nothing to it. */
const timed = async (request: RawRequest): Promise<[RawAnswer, number]> => {
  let answer: RawAnswer | undefined
  let shortest = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 10 && shortest >= limitMs; tries += 1) {
    const before = process.cpuUsage()
    answer = await ask(bff, request)
    const { user, system } = process.cpuUsage(before)
    shortest = Math.min(shortest, (user + system) / 1000)
  }
  return [answer!, shortest]
}

const put = (body: string | Buffer, headers: Carried = json, lines: string[] = []): RawRequest => ({
  method: 'PUT',
  path: `${long}/appusers/${mina.userId}`,
  headers: { ...program, ...headers },
  lines,
  body,
})
const nested = (depth: number) => `${'{"properties":'.repeat(depth)}{}${'}'.repeat(depth)}`
const padded = (bytes: number) => {
  const frame = JSON.stringify({ properties: { a: '' } })
  return frame.replace('""', `"${'a'.repeat(bytes - frame.length)}"`)
}

test.each<[string, number, string | Buffer]>([
  ['__proto__', 400, '{"__proto__":{"admin":true}}'],
  ['__proto__ escaped', 400, '{"\\u005f_proto__":{"admin":true}}'],
  ['__proto__ further in', 400, '{"properties":{"__proto__":"x"}}'],
  ['constructor', 400, '{"properties":{"constructor":"x"}}'],
  ['prototype', 400, '{"prototype":{}}'],
  ['a key twice', 400, '{"givenName":"a","givenName":"b"}'],
  ['a key twice, once escaped', 400, '{"givenName":"a","given\\u004eame":"b"}'],
  ['a key twice further in', 400, '{"properties":{"a":1,"a":2}}'],
  ['depth 17', 400, nested(17)],
  ['depth 40,000', 400, '['.repeat(40_000) + ']'.repeat(40_000)],
  ['40,000 open brackets', 400, '['.repeat(40_000)],
  ['100 KB and a byte', 413, padded(100 * 1024 + 1)],
  ['1 MB', 413, padded(1024 * 1024)],
  ['1e999', 400, '{"properties":{"a":1e999}}'],
  ['-1e999', 400, '{"properties":{"a":-1e999}}'],
  ['NaN', 400, '{"properties":{"a":NaN}}'],
  ['half a surrogate pair', 400, '{"givenName":"\\ud800"}'],
  ['half a surrogate pair as key', 400, '{"properties":{"\\udc00":1}}'],
  ['a byte order mark', 400, '\ufeff{}'],
  ['invalid UTF-8', 400, Buffer.from('7b22676976656e4e616d65223a22ff227d', 'hex')],
  ['UTF-16', 400, Buffer.from('{"givenName":"a"}', 'utf16le')],
  ['two documents', 400, '{}{}'],
  ['a comment', 400, '{/* */}'],
  ['a trailing comma', 400, '{"givenName":"a",}'],
  ['single quotes', 400, "{'givenName':'a'}"],
  ['an array', 400, '[]'],
  ['null', 400, 'null'],
  ['a string', 400, '"x"'],
  ['nothing but spaces', 400, '   '],
  ['an unknown field', 400, '{"admin":true}'],
  ['a field of another type', 400, '{"givenName":{"$ne":null}}'],
  ['9,000 keys', 400, `{${Array.from({ length: 9_000 }, (_, i) => `"k${i}":1`).join()}}`],
  ['100 KB of digits', 400, `{"properties":{"a":${'9'.repeat(100_000)}}}`],
  ['100 KB of backslashes', 400, `{"givenName":"${'\\\\'.repeat(50_000)}"}`],
  ['100 KB of e-mail', 400, `{"email":"${'a@'.repeat(50_000)}"}`],
])('%s is refused with %i in under 50 ms', async (_what, status, body) => {
  const [answer, ms] = await timed(put(body))
  expect(answer.status).toBe(status)
  expect(codeOf(answer)).toBe(status === 413 ? 'too_large' : 'bad_request')
  expect(ms).toBeLessThan(limitMs)
  expect(bff.sent()).toBe(0)
})

test.each<[string, Carried, string[]]>([
  ['charset=utf-7', { 'Content-Type': 'application/json; charset=utf-7' }, []],
  ['charset=utf-16', { 'Content-Type': 'application/json; charset=utf-16' }, []],
  ['charset twice', { 'Content-Type': 'application/json; charset=utf-8; charset=utf-7' }, []],
  ['text/plain', { 'Content-Type': 'text/plain' }, []],
  ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, []],
  ['another JSON', { 'Content-Type': 'application/vnd.api+json' }, []],
  ['JSON with a boundary', { 'Content-Type': 'application/json; boundary=x' }, []],
  ['no type', {}, []],
  ['gzip', json, ['Content-Encoding: gzip']],
  ['identity', json, ['Content-Encoding: identity']],
])('%s is 415 in under 50 ms', async (_what, headers, lines) => {
  const body = lines[0]?.endsWith('gzip') ? gzipSync('{"givenName":"a"}') : '{"givenName":"a"}'
  const [answer, ms] = await timed(put(body, headers, lines))
  expect([answer.status, codeOf(answer)]).toEqual([415, 'unsupported_media_type'])
  expect(ms).toBeLessThan(limitMs)
  expect(bff.sent()).toBe(0)
})

test('what passes is written anew: the bytes of the caller do not go on', async () => {
  const body = ' {\n"given\\u004eame" : "\\u0041da" , "properties":{"a":1.0e2,"b":-0.0}} '
  expect((await ask(bff, put(body))).status).toBe(200)
  const { headers, body: received } = bff.sandbox.requests.at(-1)!
  expect(received).toEqual({ givenName: 'Ada', properties: { a: 100, b: 0 } })
  expect(headers['content-length']).toBe(String(JSON.stringify(received).length))
  expect(new Set(Object.keys(headers))).toEqual(
    new Set([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'traceparent',
      'user-agent',
    ]),
  )
  bff.sent()
})

test('a body of a GET or DELETE is read and dropped, and refused when it is unsound', async () => {
  const path = `${long}/appusers/${mina.userId}`
  // A read that no cache answers.
  const read = { path: `${path}/channels`, headers: { ...program, ...json }, body: '{"givenName":"x"}' }
  expect((await ask(bff, read)).status).toBe(200)
  expect(bff.sandbox.requests.at(-1)).toMatchObject({ operation: 'get_app_user_entity_ids' })
  expect(bff.sandbox.requests.at(-1)).not.toHaveProperty('body', expect.anything())
  expect(bff.sent()).toBe(1)
  for (const [body, status] of [
    ['{', 400],
    ['{"a":1,"a":2}', 400],
    [padded(200_000), 413],
  ] as const)
    expect((await ask(bff, { method: 'DELETE', path, headers: { ...program, ...json }, body })).status).toBe(status)
  expect((await ask(bff, { method: 'DELETE', path, headers: program, body: 'hello' })).status).toBe(415)
  expect(bff.sent()).toBe(0)
})
