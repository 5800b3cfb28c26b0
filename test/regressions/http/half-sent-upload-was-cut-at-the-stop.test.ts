/** Who was still sending at the end of a stop's grace (an upload over a slow line) was cut off without a word, though nothing had been done with the request: the client could not know whether to send it again. */
import { connect } from 'node:net'
import { expect, test } from '@jest/globals'
import { type Bff, type Carried, png, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

/** Sends what is given, and then bytes at a pace that is let in. */
const sending = (bff: Bff, text: string) => {
  const socket = connect(Number(new URL(bff.app.publicUrl).port), '127.0.0.1').on('error', () => undefined)
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  socket.write(Buffer.from(text, 'latin1'))
  const timer = setInterval(() => void socket.write(Buffer.alloc(4_000, ' ')), 100)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return {
    received: () => received,
    closed: closed.then(() => clearInterval(timer)),
  }
}

const head = (bff: Bff, { authorization }: Carried, target: string, type: string): string =>
  [
    `${target} HTTP/1.1`,
    `Host: ${new URL(bff.app.publicUrl).host}`,
    `Authorization: ${authorization}`,
    `Content-Type: ${type}`,
    'Content-Length: 900000',
    '\r\n',
  ].join('\r\n')

const part = (name: string, more: string, content: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}`

test('an upload that is under way at the end of the grace is answered with 503, and is in the log', async () => {
  await using bff = await startBff()
  const user = await bff.signIn()
  const form = `${part('role', '', 'appUser')}\r\n${part('source', '; filename="a.png"\r\nContent-Type: image/png', png.toString('latin1'))}`
  const upload = sending(bff, head(bff, user, 'POST /bff/v1.1/appusers/me/images', 'multipart/form-data; boundary=b') + form)
  await until(() => bff.sandbox.requests.some(({ operation }) => operation === 'post_image_message'))
  await bff.app.close(3_000)
  await upload.closed
  expect(upload.received()).toMatch(/^HTTP\/1\.1 503 /)
  expect(upload.received()).toContain('"detail":"The service stops, and has done nothing with this request. Send it again."')
  expect(upload.received()).toMatch(/\r\nRetry-After: 1\r\n/)
  expect(bff.lines).toContainEqual(
    expect.objectContaining({ msg: 'request', operation: 'post_image_message', status: 503, code: 'overloaded' }),
  )
  expect(bff.sandbox.requests.filter(({ operation, status }) => operation === 'post_image_message' && status === 201)).toHaveLength(0)
})
