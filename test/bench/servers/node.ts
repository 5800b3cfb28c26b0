/** NODE: Node alone with an HTTP server, without any package. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ready } from '../child.ts'

const server = createServer((_req, res) => void res.end('{}')).listen(0, '127.0.0.1', () =>
  ready({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
)
