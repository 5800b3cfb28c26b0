/** The sockets under ky: a `fetch` over node:http that sends exactly once. The global fetch repeats a call by itself when the answer is 421, a DELETE too. */
import http from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import type { ReadableStream as WebStream } from 'node:stream/web'
import { answerHeaders } from './headers.ts'

/** What became of one send. */
export interface Wire {
  /** True from the moment a byte of the request may have left. */
  sent: boolean
}

/** Writes a body at the pace of the socket; an answer that comes early ends it, and the form stays incomplete. */
const write = async (body: ReadableStream | null, outgoing: http.ClientRequest): Promise<void> => {
  let answered = false
  let wake = () => {}
  for (const event of ['drain', 'response', 'close']) outgoing.on(event, () => wake())
  outgoing.once('response', () => {
    answered = true
  })
  try {
    for await (const chunk of body ? Readable.fromWeb(body as WebStream) : []) {
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

const toResponse = (incoming: http.IncomingMessage): Response => {
  const status = incoming.statusCode ?? 0
  if (status < 200 || status > 599) {
    incoming.destroy()
    throw Object.assign(new Error(`there is no status ${status}`), { code: 'HPE_INVALID_STATUS' })
  }
  const headers = answerHeaders.flatMap((name): [string, string][] => {
    const value = incoming.headers[name]
    return typeof value === 'string' ? [[name, value]] : []
  })
  if (![204, 205, 304].includes(status)) return new Response(Readable.toWeb(incoming) as ReadableStream, { status, headers })
  incoming.resume()
  return new Response(null, { status, headers })
}

export const createConnections = () => {
  const kept = { keepAlive: true, scheduling: 'lifo', timeout: 4_000 } as const
  const agents = {
    'http:': { kept: new http.Agent(kept), fresh: new http.Agent({ keepAlive: false }) },
    'https:': { kept: new https.Agent(kept), fresh: new https.Agent({ keepAlive: false }) },
  }

  return {
    /** `fresh`: not over a used connection. One that the vendor is just closing would leave a delete unknown that never arrived. */
    send: async (request: Request, { fresh, signal, wire }: { fresh: boolean; signal: AbortSignal; wire: Wire }): Promise<Response> => {
      const secure = request.url.startsWith('https:')
      const agent = agents[secure ? 'https:' : 'http:'][fresh ? 'fresh' : 'kept']
      const headers = Object.fromEntries(request.headers)
      const outgoing = (secure ? https : http).request(request.url, { method: request.method, headers, agent, signal })
      watchSent(outgoing, secure ? 'secureConnect' : 'connect', wire)
      const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
        outgoing.once('response', resolve).on('error', reject)
      })
      void write(request.body, outgoing)
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
