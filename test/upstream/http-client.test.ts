/** The door to issuers and receivers: of an answer no more is read than anybody needs, however its end is told. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { fetchOnce } from '../../src/upstream/http-client.ts'

test.each([
  ['by its length', { 'content-length': 2_100_000 }],
  ['by its chunks', {}],
  ['by the end of the connection', { connection: 'close', 'transfer-encoding': 'identity' }],
])('an answer that is too long is no answer, told %s', async (_how, headers) => {
  const server = createServer((_req, res) => {
    res.on('error', () => undefined).writeHead(200, headers)
    for (let parts = 0; parts < 10; parts += 1) res.write(' '.repeat(210_000))
    res.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  await expect(fetchOnce(url)).rejects.toThrow(`an answer of ${new URL(url).origin} is too long or no text`)
  server.closeAllConnections()
  server.close()
})
