/** An answer before the end of a slow upload: Apache and Varnish look for it once the whole body is sent, and by then the connection was reset, so callers saw their 502 and 503. */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Bff, type Carried, imageForm, startBff } from '../../support/bff.ts'
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

/** Sends like such a proxy: all of the body, and nothing is read before. */
const sendThenRead = async (head: readonly string[], body: Buffer, seconds: number): Promise<string> => {
  const { port, host } = new URL(bff.app.publicUrl)
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true }).pause()
  let broken = ''
  socket.on('error', ({ message }) => {
    broken = message
  })
  socket.write([...head, `Host: ${host}`, `Content-Length: ${body.length}`, '', ''].join('\r\n'))
  const pieces = seconds * 5
  const size = Math.ceil(body.length / pieces)
  for (let at = 0; at < pieces; at += 1) {
    if (!broken) socket.write(body.subarray(at * size, (at + 1) * size))
    await sleep(200)
  }
  if (broken) return `broken while sending: ${broken}`
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk
  })
  socket.resume()
  await until(() => text.includes('\r\n\r\n') || broken)
  socket.destroy()
  return text.slice(0, 12) || `nothing came: ${broken}`
}

const multipart = async (bytes: Buffer): Promise<{ type: string; body: Buffer }> => {
  const request = new Request('http://x', { method: 'POST', body: imageForm('appUser', new Uint8Array(bytes)) })
  return { type: request.headers.get('content-type')!, body: Buffer.from(await request.arrayBuffer()) }
}

const authorization = () => `Authorization: ${user['authorization']}`

test.concurrent('reaches a proxy that reads it only when all is sent, however long a steady upload takes', async () => {
  const { type, body } = await multipart(Buffer.alloc(400_000, 'no image'))
  const image = ['POST /bff/v1.1/appusers/me/images HTTP/1.1', `Content-Type: ${type}`]
  const json = ['PUT /bff/v1.1/appusers/me HTTP/1.1', 'Content-Type: application/json', authorization()]
  const answers = await Promise.all([
    sendThenRead([...image, authorization()], body, 12),
    sendThenRead([...image, authorization(), 'Connection: close'], body, 12),
    sendThenRead([...image, 'Connection: close'], body, 5),
    sendThenRead(json, Buffer.alloc(300_000, ' '), 5),
    sendThenRead(['POST /nothing HTTP/1.1', 'Connection: close'], Buffer.alloc(300_000), 5),
  ])
  expect(answers).toEqual(['HTTP/1.1 415', 'HTTP/1.1 415', 'HTTP/1.1 401', 'HTTP/1.1 413', 'HTTP/1.1 404'])
})

test.concurrent.each([
  ['an image', async () => ['POST /bff/v1.1/appusers/me/images HTTP/1.1', `Content-Type: ${(await multipart(Buffer.alloc(1))).type}`]],
  ['a body that is too large', () => ['PUT /bff/v1.1/appusers/me HTTP/1.1', 'Content-Type: application/json']],
])('what only trickles of %s is not waited for', async (_what, head) => {
  const socket = connect({ port: Number(new URL(bff.app.publicUrl).port), host: '127.0.0.1', allowHalfOpen: true }).on(
    'error',
    () => undefined,
  )
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket
    .resume()
    .write([...(await head()), authorization(), `Host: ${new URL(bff.app.publicUrl).host}`, 'Content-Length: 9000000', '', ''].join('\r\n'))
  const trickle = setInterval(() => socket.write('x'), 200)
  await closed
  clearInterval(trickle)
})
