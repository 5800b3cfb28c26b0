/** Open exchanges of a server's connections: bounded, and ended in order at the stop. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Request, Response } from 'express'
import { Problem } from '../../contract/problems.ts'
import { problemHandler } from '../problem-handler.ts'
import { letIn } from './load-shedding.ts'
import { lingeringClose } from './raw-response.ts'

type Exchange = ServerResponse<IncomingMessage>

/** The state of a connection, on the socket itself: by a Set or WeakMap the garbage collector keeps
 * requests long after their end. */
interface Ongoing {
  readonly open: Exchange[]
  /** What its parser reads, and the answer; none between requests: headers hold credentials. */
  latest: Exchange | undefined
}
const ongoing = Symbol('exchanges')
type Kept = Socket & { [ongoing]?: Ongoing }

export const at = (socket: Kept): Ongoing => {
  const known = socket[ongoing]
  if (known) return known
  const made: Ongoing = { open: [], latest: undefined }
  socket[ongoing] = made
  return made
}

export interface Exchanges {
  readonly sockets: Set<Socket>
  draining: boolean
  latest: number
}

/** Open requests per connection. Reading pauses after the first; Node still parses what came in one
 * piece, and beyond this the connection ends. */
const pipelined = { paused: 32, cut: 256 }

const bound = (socket: Socket, { open }: Ongoing): void => {
  if (open.length > pipelined.cut) socket.destroy()
  // Behind the piece that has come: Node itself reads on at the end of each message.
  else if (open.length === pipelined.paused) queueMicrotask(() => void (open.length >= pipelined.paused && socket.pause()))
}

export const track = (server: Server): Exchanges => {
  const exchanges: Exchanges = { sockets: new Set(), draining: false, latest: 0 }
  const begin = (req: IncomingMessage, res: Exchange): void => {
    const here = at(req.socket)
    exchanges.latest = performance.now()
    here.open.push(res)
    here.latest = res
    bound(req.socket, here)
    res.on('close', () => {
      letIn(req)
      here.open.splice(here.open.indexOf(res), 1)
      if (here.latest === res && req.complete) here.latest = undefined
      if (here.open.length === pipelined.paused / 2 && req.socket.isPaused()) req.socket.resume()
      if (exchanges.draining && !server.listening) server.closeIdleConnections()
    })
  }
  server.on('connection', (socket) => {
    exchanges.sockets.add(socket)
    socket.once('close', () => exchanges.sockets.delete(socket))
    // Node ends connections by this method; it must not cost an upload under way its answer.
    const destroySoon = socket.destroySoon.bind(socket)
    socket.destroySoon = () => (at(socket).latest?.req.complete === false ? lingeringClose(socket) : destroySoon())
  })
  server.prependListener('request', begin)
  server.prependListener('checkExpectation', begin)
  return exchanges
}

export const drain = (exchanges: Exchanges): void => {
  exchanges.draining = true
  for (const socket of exchanges.sockets) for (const res of at(socket).open) if (!res.headersSent) res.setHeader('Connection', 'close')
}

/** Who is still sending hears why before the cut: no request is acted upon before it is whole. */
export const turnAway = ({ sockets }: Exchanges): void => {
  for (const socket of sockets) {
    const [res, ...others] = at(socket).open
    if (!res || others.length > 0 || res.req.complete || res.headersSent || !('locals' in res)) continue
    const detail = 'The service stops, and has done nothing with this request. Send it again.'
    const problem = new Problem('overloaded', { detail, outcome: 'not_sent', headers: { 'Retry-After': '1' } })
    problemHandler(problem, res.req as Request, res as unknown as Response, () => {})
  }
}
