/** The sockets to the vendor: node:http, which sends exactly once. The global fetch repeats a call by itself when the answer is 421, a DELETE too; clients above it retry and follow redirects. */
import http from 'node:http'
import https from 'node:https'
import type { answerHeaders } from './headers.ts'

/** What became of one send. */
export interface Wire {
  /** True from the moment a byte of the request may have left. */
  sent: boolean
}

/** The time that a call has. A plain record: to listen to an AbortSignal costs a tenth of a whole call. */
export interface Budget {
  over: boolean
  /** Ends what is being sent or awaited. */
  cut: () => void
}

export interface Sending {
  readonly method: string
  readonly headers: Record<string, string>
  /** Whole, or as it comes. */
  readonly content: string | AsyncIterable<Uint8Array> | undefined
  /** Not over a used connection. One that the vendor is just closing would leave a delete unknown that never arrived. */
  readonly fresh: boolean
  readonly budget: Budget
  readonly wire: Wire
}

/** Writes a body at the pace of the socket; an answer that comes early ends it, and the form stays incomplete. */
const write = async (body: AsyncIterable<Uint8Array>, outgoing: http.ClientRequest): Promise<void> => {
  let answered = false
  let wake = () => {}
  for (const event of ['drain', 'response', 'close']) outgoing.on(event, () => wake())
  outgoing.once('response', () => {
    answered = true
  })
  try {
    for await (const chunk of body) {
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

export interface Answer {
  readonly status: number
  readonly header: (name: (typeof answerHeaders)[number]) => string | undefined
  readonly stream: http.IncomingMessage
}

const toAnswer = (incoming: http.IncomingMessage): Answer => {
  const status = incoming.statusCode ?? 0
  if (status < 200 || status > 599) {
    incoming.destroy()
    throw Object.assign(new Error(`there is no status ${status}`), { code: 'HPE_INVALID_STATUS' })
  }
  const header = (name: string): string | undefined => {
    const value = incoming.headers[name]
    return typeof value === 'string' ? value : undefined
  }
  return { status, header, stream: incoming }
}

export const createConnections = () => {
  const kept = { keepAlive: true, scheduling: 'lifo', timeout: 4_000 } as const
  const agents = {
    'http:': { kept: new http.Agent(kept), fresh: new http.Agent({ keepAlive: false }) },
    'https:': { kept: new https.Agent(kept), fresh: new https.Agent({ keepAlive: false }) },
  }

  return {
    send: async (url: URL, { method, headers, content, fresh, budget, wire }: Sending): Promise<Answer> => {
      const secure = url.protocol === 'https:'
      const agent = agents[secure ? 'https:' : 'http:'][fresh ? 'fresh' : 'kept']
      const outgoing = (secure ? https : http).request(url, { method, headers, agent })
      budget.cut = () => outgoing.destroy(new Error('the time is over'))
      watchSent(outgoing, secure ? 'secureConnect' : 'connect', wire)
      const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
        outgoing.once('response', resolve).on('error', reject)
        // Unheard, a 101 would end the connection and be neither an answer nor an error.
        outgoing.once('upgrade', (incoming, socket) => {
          socket.destroy()
          resolve(incoming)
        })
        outgoing.once('close', () => reject(new Error('the connection was closed without an answer')))
      })
      if (typeof content === 'object') void write(content, outgoing)
      else outgoing.end(content)
      const incoming = await answered
      // An answer to half a request ends the connection; nobody may take it for a kept one.
      incoming.once('end', () => {
        if (!outgoing.writableEnded) outgoing.destroy()
      })
      return toAnswer(incoming)
    },
    close: (): void => {
      for (const pair of Object.values(agents)) {
        pair.kept.destroy()
        pair.fresh.destroy()
      }
    },
  }
}
