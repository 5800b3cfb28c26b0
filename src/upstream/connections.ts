/** The sockets under ky: a `fetch` over node:http that sends exactly once. The global fetch repeats a call by itself when the answer is 421, a DELETE too. */
import http from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import type { ReadableStream as WebStream } from 'node:stream/web'
import type { answerHeaders } from './headers.ts'

/** What became of one send. */
export interface Wire {
  /** True from the moment a byte of the request may have left. */
  sent: boolean
}

export interface Sending {
  /** Not over a used connection. One that the vendor is just closing would leave a delete unknown that never arrived. */
  readonly fresh: boolean
  readonly signal: AbortSignal
  readonly wire: Wire
  /** A body that is there as a whole; a stream comes in the request. */
  readonly text: string | undefined
}

/** Writes a body at the pace of the socket; an answer that comes early ends it, and the form stays incomplete. */
const write = async (body: ReadableStream, outgoing: http.ClientRequest): Promise<void> => {
  let answered = false
  let wake = () => {}
  for (const event of ['drain', 'response', 'close']) outgoing.on(event, () => wake())
  outgoing.once('response', () => {
    answered = true
  })
  try {
    for await (const chunk of Readable.fromWeb(body as WebStream)) {
      if (answered || outgoing.destroyed) return
      if (!outgoing.write(chunk) && !answered && !outgoing.destroyed) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    if (!answered) outgoing.end()
  } catch (error) {
    outgoing.destroy(error as Error)
  }
}

const watchSent = (outgoing: http.ClientRequest, ready: string, wire: Wire): void => {
  outgoing.once('socket', (socket) => {
    if (outgoing.reusedSocket) wire.sent = true
    else
      socket.once(ready, () => {
        wire.sent = true
      })
  })
}

/** As much of a Response as ky and we look at. A real one drags the body through web streams, which costs more than all of the rest of a call. */
export interface LightResponse {
  readonly [Symbol.toStringTag]: 'Response'
  readonly status: number
  readonly ok: boolean
  readonly headers: { get(name: (typeof answerHeaders)[number]): string | null }
  readonly stream: http.IncomingMessage
}

const toResponse = (incoming: http.IncomingMessage): LightResponse => {
  const status = incoming.statusCode ?? 0
  if (status < 200 || status > 599) {
    incoming.destroy()
    throw Object.assign(new Error(`there is no status ${status}`), { code: 'HPE_INVALID_STATUS' })
  }
  const get = (name: string): string | null => {
    const value = incoming.headers[name]
    return typeof value === 'string' ? value : null
  }
  return { [Symbol.toStringTag]: 'Response', status, ok: status >= 200 && status < 300, headers: { get }, stream: incoming }
}

export const createConnections = () => {
  const kept = { keepAlive: true, scheduling: 'lifo', timeout: 4_000 } as const
  const agents = {
    'http:': { kept: new http.Agent(kept), fresh: new http.Agent({ keepAlive: false }) },
    'https:': { kept: new https.Agent(kept), fresh: new https.Agent({ keepAlive: false }) },
  }

  return {
    send: async (request: Request, { fresh, signal, wire, text }: Sending): Promise<LightResponse> => {
      const secure = request.url.startsWith('https:')
      const agent = agents[secure ? 'https:' : 'http:'][fresh ? 'fresh' : 'kept']
      const headers = Object.fromEntries(request.headers)
      const outgoing = (secure ? https : http).request(request.url, { method: request.method, headers, agent, signal })
      watchSent(outgoing, secure ? 'secureConnect' : 'connect', wire)
      const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
        outgoing.once('response', resolve).on('error', reject)
      })
      if (request.body) void write(request.body, outgoing)
      else outgoing.end(text)
      const incoming = await answered
      // An answer to half a request ends the connection; nobody may take it for a kept one.
      incoming.once('end', () => {
        if (!outgoing.writableEnded) outgoing.destroy()
      })
      return toResponse(incoming)
    },
    close: (): void => {
      for (const pair of Object.values(agents)) {
        pair.kept.destroy()
        pair.fresh.destroy()
      }
    },
  }
}
