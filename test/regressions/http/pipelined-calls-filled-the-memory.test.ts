/** Calls that were pipelined on one connection were all begun, 180,000 of them in 680 MB, before the first was answered. */
import { connect } from 'node:net'
import { expect, test } from '@jest/globals'
import express from 'express'
import { listen } from '../../../src/http/server/server.ts'
import { until } from '../../support/until.ts'

const start = async (answer: (end: () => void) => void) => {
  const app = express()
  const seen = { begun: 0, open: 0, most: 0 }
  app.use((_req, res) => {
    seen.begun += 1
    seen.open += 1
    seen.most = Math.max(seen.most, seen.open)
    res.once('close', () => {
      seen.open -= 1
    })
    answer(() => res.end('ok'))
  })
  return { listener: await listen(app, { port: 0, host: '127.0.0.1' }), seen }
}
const head = (more = '') => `GET / HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`

test('three thousand calls at once on one connection are all answered, a few at a time', async () => {
  const { listener, seen } = await start((end) => void setTimeout(end, 5))
  await using _ = listener
  const client = connect(listener.address.port, '127.0.0.1').setEncoding('latin1')
  let answers = 0
  client.on('data', (text: string) => {
    answers += text.split('HTTP/1.1 200').length - 1
  })
  // As long as the head of a call with a session is.
  client.write(head(`Authorization: Bearer ${'x'.repeat(400)}\r\n`).repeat(3_000))
  await until(() => answers >= 3_000)
  expect(answers).toBe(3_000)
  expect(seen.most).toBeLessThanOrEqual(256)
  client.destroy()
})

test('calls beside bodies are read on, and go on when some are answered', async () => {
  const { listener } = await start((end) => void setTimeout(end, 20))
  await using _ = listener
  const client = connect(listener.address.port, '127.0.0.1').setEncoding('latin1')
  let answers = 0
  client.on('data', (text: string) => {
    answers += text.split('HTTP/1.1 200').length - 1
  })
  const body = 'b'.repeat(3_000)
  for (let i = 0; i < 200; i++) client.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  await until(() => answers >= 200)
  expect(answers).toBe(200)
  client.destroy()
})

test('who sends without end and waits for nothing is let go of', async () => {
  const { listener, seen } = await start(() => undefined)
  await using _ = listener
  const client = connect(listener.address.port, '127.0.0.1').on('error', () => undefined)
  const closed = new Promise((resolve) => client.once('close', resolve))
  client.write(head().repeat(100_000))
  await closed
  expect(seen.begun).toBeLessThanOrEqual(256)
})
