/** A connection to Redis by TLS that was ended amid its handshake (at a stop, or when it was given up as silent), to a server whose certificate is not trusted, could fail twice: the library heard the first error alone, and the second ended the process. */
import { once } from 'node:events'
import { type AddressInfo, Socket } from 'node:net'
import { createServer, TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connectRedis } from '../../../src/platform/redis/client.ts'
import { makeCertificates } from '../../support/certificates.ts'
import { until } from '../../support/until.ts'

/** All that are made, in this process, to connect somewhere. */
const made: TLSSocket[] = []
const { connect } = Socket.prototype
beforeAll(() => {
  Socket.prototype.connect = function (this: Socket, ...args: Parameters<typeof connect>) {
    if (this instanceof TLSSocket) made.push(this)
    return connect.apply(this, args)
  } as typeof connect
})
afterAll(() => {
  Socket.prototype.connect = connect
})

test.each([
  ['alone', 'rediss://', ''],
  ['with a Sentinel', 'rediss+sentinel://', '/bff'],
  ['in a Cluster', 'rediss+cluster://', ''],
])('%s', async (_name, scheme, rest) => {
  using certificates = makeCertificates()
  const server = createServer({ cert: certificates.text('server.pem'), key: certificates.text('server.key') })
    .on('tlsClientError', () => undefined)
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  made.length = 0
  const client = await connectRedis(`${scheme}127.0.0.1:${(server.address() as AddressInfo).port}${rest}`, {}, () => undefined)
  await until(() => made.some(({ errored }) => errored))
  client.close()
  server.close()
  for (const socket of made.filter(({ errored }) => errored)) expect(() => socket.emit('error', new Error('again'))).not.toThrow()
})
