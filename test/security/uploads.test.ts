/** G2: uploads that are not what they say, too much, or never whole. */

import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, mina, png, startBff } from '../support/bff.ts'
import { sendRaw } from '../support/raw.ts'
import { until } from '../support/until.ts'
import { ask, bytesOf, codeOf, portOf } from './requests.ts'

let bff: Bff
let user: Carried
beforeAll(async () => {
  bff = await startBff()
  user = await bff.signIn()
  await bff.call('GET', '/v1.1/appusers/me', { headers: user })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})
beforeEach(() => void bff.sent())

const boundary = 'xX-boundary-Xx'
const field = (name: string, value: string) =>
  Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
const opening = (type: string, name = 'source', filename = 'picture.png') =>
  Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: ${type}\r\n\r\n`)
const file = (bytes: Buffer | string, type = 'image/png', name = 'source') =>
  Buffer.concat([opening(type, name), Buffer.from(bytes as string), Buffer.from('\r\n')])
const form = (...parts: Buffer[]) => Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])
const role = field('role', 'appUser')

const post = (lines: string[] = [], type = `multipart/form-data; boundary=${boundary}`) => ({
  method: 'POST',
  path: '/v1.1/appusers/me/images',
  headers: { ...user, 'Content-Type': type },
  lines,
})
const upload = (body: Buffer, type?: string) => ask(bff, { ...post([], type), body })
const uploads = () => bff.sandbox.requests.filter(({ operation }) => operation === 'post_image_message')
const messages = () => uploads().filter(({ applied }) => applied).length

const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
test.each<[string, number, () => Buffer]>([
  ['SVG', 415, () => form(role, file(svg, 'image/svg+xml'))],
  ['SVG named PNG', 415, () => form(role, file(svg))],
  ['HTML', 415, () => form(role, file('<!doctype html><script>alert(1)</script>', 'text/html'))],
  ['HTML named PNG', 415, () => form(role, file('<!doctype html><script>alert(1)</script>'))],
  ['PNG named JPEG', 415, () => form(role, file(png, 'image/jpeg'))],
  ['PNG named HTML', 415, () => form(role, file(png, 'text/html'))],
  ['SVG without a type', 415, () => form(role, file(svg, 'application/octet-stream'))],
  ['GIF that is a script', 415, () => form(role, file('GIF89a/*\0\0*/=1;alert(1)//', 'image/gif'))],
  ['GIF that assigns', 415, () => form(role, file('GIF89a=1;alert(1)', 'image/gif'))],
  ['PDF named PNG', 415, () => form(role, file('%PDF-1.7 1 0 obj'))],
  ['an empty file', 415, () => form(role, file(''))],
  ['no file', 400, () => form(role)],
  ['the file as a field', 415, () => form(role, field('source', 'hello'))],
  ['a file in another field', 400, () => form(role, file(png, 'image/png', 'avatar'))],
  ['an unknown field', 400, () => form(role, field('_method', 'DELETE'), file(png))],
  ['__proto__ as field', 400, () => form(role, field('__proto__', 'x'), file(png))],
  ['two roles', 400, () => form(role, role, file(png))],
  ['another role', 400, () => form(field('role', 'admin'), file(png))],
  ['the role of the business', 403, () => form(field('role', 'appMaker'), file(png))],
  ['no boundary in the body', 400, () => Buffer.from('hello')],
])('%s is refused with %i, and nothing is sent', async (_what, status, body) => {
  const answer = await upload(body())
  expect(answer.status).toBe(status)
  expect(codeOf(answer)).toMatch(/^(unsupported_media_type|bad_request|role_mismatch)$/)
  expect(bff.sent()).toBe(0)
})

test.each([
  ['JSON', 'application/json'],
  ['no boundary', 'multipart/form-data'],
  ['an endless boundary', `multipart/form-data; boundary=${'b'.repeat(5_000)}`],
  ['mixed', `multipart/mixed; boundary=${boundary}`],
])('the type %s is refused, and nothing is sent', async (_what, type) => {
  expect([400, 415]).toContain((await upload(form(role, file(png)), type)).status)
  expect(bff.sent()).toBe(0)
})

test('the role after the file counts as well: the vendor is left with half a form', async () => {
  const before = messages()
  const answer = await upload(form(file(png), field('role', 'appMaker')))
  expect([answer.status, codeOf(answer)]).toEqual([403, 'role_mismatch'])
  expect(messages()).toBe(before)
})

test('what the file is called and how the form was made do not go on', async () => {
  const evil = Buffer.concat([role, opening('image/png', 'source', '../../etc/passwd%00.php'), png, Buffer.from('\r\n')])
  expect((await upload(form(evil))).status).toBe(201)
  const { headers, parts } = uploads().at(-1)!
  expect(headers['content-type']).not.toContain(boundary)
  expect(parts).toEqual([
    { field: 'source', fileName: 'image.png', type: 'image/png', bytes: png.length, sha256: expect.any(String) },
    { field: 'role', value: 'appUser' },
  ])
})

test('10 MB and a byte without a length is 413, the upstream call is broken off and memory stays flat', async () => {
  const before = messages()
  const memory = process.memoryUsage().rss
  const chunk = Buffer.alloc(64 * 1024, 1)
  const frame = (bytes: Buffer) => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
  const most = 10 * 1024 * 1024
  const head = Buffer.concat([role, opening('image/png'), png])
  const filler = Array.from({ length: Math.ceil((most - png.length + 1) / chunk.length) }, () => frame(chunk))
  const pieces = [
    bytesOf(bff, post(['Transfer-Encoding: chunked'])),
    frame(head),
    ...filler,
    frame(Buffer.from(`\r\n--${boundary}--\r\n`)),
    Buffer.from('0\r\n\r\n'),
  ]
  const { first } = await sendRaw(portOf(bff), pieces)
  expect([first.status, codeOf(first)]).toEqual([413, 'too_large'])
  await until(() => uploads().at(-1)!.state === 'aborted')
  expect(messages()).toBe(before)
  expect(process.memoryUsage().rss - memory).toBeLessThan(80 * 1024 * 1024)
})

test('a length beyond the limit is refused before anything is read or sent', async () => {
  const answer = await ask(bff, { ...post([`Content-Length: ${11 * 1024 * 1024}`]), body: '' })
  expect([answer.status, codeOf(answer), bff.sent()]).toEqual([413, 'too_large', 0])
})

test('half an upload: the upstream call is broken off, and no message appears', async () => {
  const before = messages()
  const socket = connect({ ...portOf(bff), host: '127.0.0.1' })
  socket.write(Buffer.concat([bytesOf(bff, post(['Content-Length: 1000000'])), role, opening('image/png'), png, Buffer.alloc(200_000)]))
  await until(() => bff.sandbox.requests.some(({ operation, state }) => operation === 'post_image_message' && state === 'pending'))
  socket.destroy()
  await until(() => uploads().at(-1)!.state === 'aborted')
  expect(messages()).toBe(before)
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers: user })).status).toBe(200)
})

test('an end user cannot post into the conversation of another', async () => {
  bff.sandbox.createUser(appId, { userId: 'bob' })
  const bob = await bff.signIn({ userId: 'bob' })
  bff.sent()
  const answer = await ask(bff, {
    ...post(),
    path: `/v1.1/appusers/${mina.userId}/images`,
    headers: { ...post().headers, ...bob },
    body: form(role, file(png)),
  })
  expect([answer.status, codeOf(answer), bff.sent()]).toEqual([404, 'user_not_found', 0])
})
