/** A recording upstream for these tests, on a free port; and an app that points to it. */

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createRawServer, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { UpstreamApp } from '../../config/apps.ts'
import { Secret } from '../../config/secret.ts'
import type { Operation } from '../../src/contract/operation.ts'
import { Problem } from '../../src/contract/problems.ts'
import { issuePermit } from '../../src/journal/guard/permit.ts'
import type { UpstreamCall } from '../../src/upstream/call.ts'
import { createUpstream } from '../../src/upstream/client.ts'
import { isGuarded, isOpen } from '../support/effects.ts'

export const appId = '69f0100f2a3b4c5d6e7f8091'
export const secrets = ['UNMISTAKABLE-SECRET-ONE', 'UNMISTAKABLE-SECRET-TWO'] as const
export const keyIds = ['app_aaaaaaaaaaaaaaaaaaaaaaaa', 'app_bbbbbbbbbbbbbbbbbbbbbbbb'] as const

export const appAt = (baseUrl: string, { auth = 'basic' as UpstreamApp['auth'], keys = 1 } = {}): UpstreamApp => ({
  appId,
  baseUrl,
  auth,
  keys: keyIds.slice(0, keys).map((id, index) => ({ id, secret: new Secret(secrets[index]!) })),
})

interface Recorded {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Records each request once its body is complete, then answers. */
export const listen = async (answer: RequestListener, { record = true } = {}) => {
  const requests: Recorded[] = []
  const server = createServer(async (req, res) => {
    try {
      if (record) requests.push({ method: req.method, url: req.url, headers: req.headers, body: await buffer(req) })
      answer(req, res)
    } catch {
      // The request was broken off; there is nobody to answer.
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    requests,
    server,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_req, res) =>
    res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

/** A bare TCP server that counts the requests that arrive, however they arrive. */
export const listenRaw = async (answer: (socket: Socket, nth: number) => void) => {
  const arrivals: string[] = []
  const sockets = new Set<Socket>()
  const server = createRawServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      if (!/^[A-Z]+ \//.test(text)) return
      arrivals.push(text)
      answer(socket, arrivals.length)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    arrivals,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Log = Parameters<typeof createUpstream>[0]

export const upstreamWith = (options?: Parameters<typeof createUpstream>[1]) => {
  const alarms: Parameters<Log['alarm']>[0][] = []
  const called: Parameters<Log['called']>[0][] = []
  const odd: Parameters<Log['odd']>[0][] = []
  const breaker: Parameters<NonNullable<Log['breaker']>>[0][] = []
  const upstream = createUpstream(
    {
      alarm: (event) => alarms.push(event),
      called: (event) => called.push(event),
      odd: (event) => odd.push(event),
      breaker: (event) => breaker.push(event),
    },
    options,
  )
  /** Any row: a guarded one with a permit of its own, as the journal would give it. */
  const call = (app: UpstreamApp, call: UpstreamCall<Operation>) => {
    const { operation } = call
    if (isGuarded(operation)) return upstream.callGuarded(app, issuePermit('op_test', operation.id, 5_000), { ...call, operation })
    if (isOpen(operation)) return upstream.call(app, { ...call, operation })
    throw new Error('no such effect')
  }
  return { ...upstream, call, alarms, called, odd, breaker, [Symbol.dispose]: upstream.close }
}

/** The problem that a promise ends with. */
export const problemOf = async (promise: Promise<unknown>): Promise<Problem> => {
  const found = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (found instanceof Problem) return found
  throw new Error('expected a problem', { cause: found })
}

export const user = { appUser: { _id: '6a1f0c2be84d9f3b7715c0aa', conversationStarted: true, properties: {}, extra: [1] }, future: true }
