/** `100 Continue` was sent with the head of each request, before anybody looked at it: a person without a session uploaded ten megabytes and then heard 401. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bff, type Carried, png, startBff } from '../../support/bff.ts'
import { sendRaw } from '../../support/raw.ts'
import { until } from '../../support/until.ts'

let bff: Bff
let user: Carried
beforeAll(async () => {
  bff = await startBff()
  user = await bff.signIn()
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const port = () => Number(new URL(bff.app.publicUrl).port)
const head = (target: string, headers: Readonly<Record<string, string>>): string =>
  [
    `${target} HTTP/1.1`,
    ...Object.entries({ Host: new URL(bff.app.publicUrl).host, Expect: '100-continue', ...headers }).map((pair) => pair.join(': ')),
    '\r\n',
  ].join('\r\n')
const json = { 'Content-Type': 'application/json', 'Content-Length': '17' }
const update = '{"givenName":"M"}'
const image = { 'Content-Type': 'multipart/form-data; boundary=b', 'Content-Length': '9000000' }

describe('refused by its head: the final answer alone, and the connection ends', () => {
  test.each([
    ['an image of nobody', 'POST /bff/v1.1/appusers/me/images', () => image, 401],
    ['a change of nobody', 'PUT /bff/v1.1/appusers/me', () => json, 401],
    ['no such path', 'POST /nothing', () => json, 404],
    ['another app', 'PUT /bff/v1.1/apps/another/appusers/me', () => ({ ...json, ...user }), 403],
    ['no such type', 'PUT /bff/v1.1/appusers/me', () => ({ ...json, ...user, 'Content-Type': 'text/plain' }), 415],
    ['a body that is too large', 'PUT /bff/v1.1/appusers/me', () => ({ ...json, ...user, 'Content-Length': '900000' }), 413],
    ['an image that is too large', 'POST /bff/v1.1/appusers/me/images', () => ({ ...image, ...user, 'Content-Length': '90000000' }), 413],
    [
      'a form without a boundary',
      'POST /bff/v1.1/appusers/me/images',
      () => ({ ...image, ...user, 'Content-Type': 'multipart/form-data' }),
      415,
    ],
  ] as const)('%s', async (_what, target, headers, status) => {
    const { first, received, closed } = await sendRaw({ port: port() }, head(target, headers()), { untilClose: true })
    expect(first.status).toBe(status)
    expect(first.headers['connection']).toBe('close')
    expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(closed).toBe(true)
  })

  test('what is sent behind it is no request', async () => {
    const behind = `GET /bff/v1.1/appusers/me HTTP/1.1\r\nHost: ${new URL(bff.app.publicUrl).host}\r\n\r\n`
    const { answers } = await sendRaw({ port: port() }, [head('PUT /bff/v1.1/appusers/me', json), behind], { untilClose: true })
    expect(answers.map(({ status }) => status)).toEqual([401])
  })
})

/** Waits for the interim answer, then sends the body. */
const exchange = async (first: string, body: Buffer, next = ''): Promise<string> => {
  const socket = connect(port(), '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  socket.write(first)
  await until(() => received.includes('\r\n\r\n'))
  expect(received).toBe('HTTP/1.1 100 Continue\r\n\r\n')
  socket.write(body)
  socket.write(next)
  const finals = next === '' ? 1 : 2
  await until(() => received.split(/HTTP\/1\.1 [2-5]/).length > finals && received.endsWith('}'))
  socket.destroy()
  return received
}

test('a change that is let in: the body is asked for, and the connection goes on', async () => {
  const received = await exchange(head('PUT /bff/v1.1/appusers/me', { ...json, ...user }), Buffer.from(update), head('GET /nothing', {}))
  expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 200', 'HTTP/1.1 404'])
  expect(received.slice(0, received.indexOf('HTTP/1.1 404'))).not.toMatch(/connection: close/i)
})

test('an image that is let in', async () => {
  const part = (disposition: string, content: Buffer) =>
    Buffer.concat([Buffer.from(`--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`), content, Buffer.from('\r\n')])
  const body = Buffer.concat([
    part('name="role"', Buffer.from('appUser')),
    part('name="source"; filename="a.png"', Buffer.from(png)),
    Buffer.from('--b--\r\n'),
  ])
  const received = await exchange(
    head('POST /bff/v1.1/appusers/me/images', { ...image, ...user, 'Content-Length': `${body.length}` }),
    body,
  )
  expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 201'])
})
