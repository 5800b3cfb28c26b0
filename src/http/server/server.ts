/** A strict HTTP server, which also answers what it cannot read, and stops cutting nobody off. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Problem } from '../../contract/problems.ts'
import { urlHost } from '../../platform/ip-address.ts'
import { newRequestId } from '../access-log.ts'
import { at, drain, type Exchanges, track, turnAway } from './exchanges.ts'
import type { LoadShedding } from './load-shedding.ts'
import { type MessagePrototypes, messageClasses } from './message-classes.ts'
import { answerEarly, answerRaw, lingeringClose, prepareAnswer, refusalOf } from './raw-response.ts'

export interface ListenOptions {
  readonly port: number
  readonly host: string
  /** Hears of requests that were answered before any middleware saw them. */
  readonly onRefusal?: (problem: Problem, requestId: string, socket: Socket) => void
  readonly loadShedding?: LoadShedding
  /** Connections at once; further ones are closed as they come. */
  readonly maxConnections?: number
  /** Other limits, for tests. */
  readonly limits?: ServerOptions
}

export interface Listener extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number; readonly url: string }
  /** Ends each connection with its next answer, so that clients leave while requests are still
   * accepted; gives what tells when the latest began, by the clock of `performance`. */
  drain(): () => number
  /** Stops accepting, waits for open requests and tells how many had to be cut. */
  close(graceMs: number): Promise<number>
}

const limits: ServerOptions = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 300_000,
  // Longer than the idle time of common load balancers, so that they close first.
  keepAliveTimeout: 65_000,
  // Node looks for late headers only this often.
  connectionsCheckingInterval: 1000,
  insecureHTTPParser: false,
  // Admission answers a missing Host, in our error body.
  requireHostHeader: false,
}

export const listen = async (app: RequestListener & MessagePrototypes, options: ListenOptions): Promise<Listener> => {
  const server = createServer({ ...limits, ...messageClasses(app), ...options.limits })
  // No limit by number: Node drops headers beyond it in silence, and admission must see them all.
  server.maxHeadersCount = 0
  // A client that stops reading its answer is let go of.
  server.timeout = 300_000
  server.maxConnections = options.maxConnections ?? Number.POSITIVE_INFINITY
  server.on('drop', () => options.loadShedding?.droppedConnection())
  const exchanges = track(server)
  const serve: RequestListener = (req, res) => {
    if (exchanges.draining) res.setHeader('Connection', 'close')
    app(req, res)
  }
  server.on('request', (req, res) => {
    if (req.socket.destroyed) return
    if (options.loadShedding?.admits(req) !== false) return serve(req, res)
    options.loadShedding.hold(req, (admitted) => {
      if (admitted) serve(req, res)
      else refuseOverload(res, !exchanges.draining && req.complete)
    })
  })
  server.on('checkContinue', (req, res) => {
    continueOnRead(req, res)
    server.emit('request', req, res)
  })
  answerTheUnreadable(server, options.onRefusal)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, () => resolve(void server.off('error', reject)))
  })
  const close = (graceMs: number) => stop(server, exchanges, graceMs)
  return {
    address: addressOf(server),
    drain: () => {
      drain(exchanges)
      return () => exchanges.latest
    },
    close,
    [Symbol.asyncDispose]: async () => void (await close(0)),
  }
}

/** `100 Continue` when the body is read: a call refused by its head costs no upload. After such a
 * refusal the body may come or not, so the connection serves nothing else. */
const continueOnRead = (req: IncomingMessage, res: ServerResponse): void => {
  const keep = res.shouldKeepAlive
  res.shouldKeepAlive = false
  req.once('resume', () => {
    if (res.headersSent) return
    res.shouldKeepAlive = keep
    res.writeContinue()
  })
}

/** Refusals with three values of Retry-After, so that clients do not all come back at once. */
const refusals = ['1', '2', '3'].map((seconds) => prepareAnswer(new Problem('overloaded', { headers: { 'Retry-After': seconds } })))
const refuseOverload = (res: ServerResponse, keep: boolean): void =>
  refusals[Math.floor(refusals.length * Math.random())]!(res, newRequestId(), keep)

const addressOf = (server: Server): Listener['address'] => {
  const { address: host, port } = server.address() as AddressInfo
  const connectable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return { host, port, url: `http://${urlHost(connectable)}:${port}` }
}

const answerTheUnreadable = (server: Server, onRefusal: ListenOptions['onRefusal']): void => {
  const tell = (socket: Socket, problem: Problem): string => {
    const requestId = newRequestId()
    onRefusal?.(problem, requestId, socket)
    return requestId
  }
  const refuse = (socket: Socket, problem: Problem): void => answerRaw(socket, problem, tell(socket, problem))
  server.on('checkExpectation', (req, res) => {
    const problem = new Problem('expectation_failed')
    answerEarly(res, problem, tell(req.socket, problem))
  })
  server.on('clientError', (error: Error & { code?: string }, stream) => {
    const socket = stream as Socket
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    const { open, latest: res } = at(socket)
    const inBody = res?.req.complete === false
    const others = open.some((other) => other !== res)
    // Not beside an answer under way: the second one could be taken for that of another request.
    if (others) return void socket.destroy()
    if (!res || (inBody && !res.headersSent) || (!inBody && !open.includes(res))) return refuse(socket, refusalOf(error))
    if (open.includes(res)) res.once('close', () => lingeringClose(socket))
    else lingeringClose(socket)
  })
  // CONNECT asks for a tunnel. Upgrade headers, which Java's client sends, are ignored.
  server.on('connect', (_req, stream) =>
    refuse(stream as Socket, new Problem('method_not_allowed', { headers: { Allow: 'GET, POST, PUT, DELETE' } })),
  )
}

const stop = async (server: Server, exchanges: Exchanges, graceMs: number): Promise<number> => {
  drain(exchanges)
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()))
  let cut = 0
  // A closing server has no timeout for heads: half a request would hold it for the whole grace.
  const late = setTimeout(() => {
    for (const socket of exchanges.sockets) if (at(socket).open.length === 0) socket.destroy()
  }, server.headersTimeout)
  const last = setTimeout(() => turnAway(exchanges), graceMs - Math.min(1_000, graceMs / 10))
  const timer = setTimeout(() => {
    for (const socket of exchanges.sockets) {
      cut += at(socket).open.length
      socket.destroy()
    }
  }, graceMs)
  await closed
  for (const each of [late, last, timer]) clearTimeout(each)
  return cut
}

/** All or none: a second port that is taken must not leave the first one open. */
export const listenAll = async (starts: readonly (() => Promise<Listener>)[]): Promise<Listener[]> => {
  const open: Listener[] = []
  try {
    for (const start of starts) open.push(await start())
    return open
  } catch (error) {
    await Promise.all(open.map((listener) => listener.close(0)))
    throw error
  }
}
