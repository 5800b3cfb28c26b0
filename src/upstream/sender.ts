/** Sends a request exactly once, whatever comes back, and reads the whole answer. The one door to
 * undici; the fetch of Node and of undici sends a DELETE again by itself when the answer is 421. */
import { Agent, type Dispatcher, EnvHttpProxyAgent, errors } from 'undici'

/** The time that a call has. A plain record: an AbortSignal costs a tenth of a whole call. */
export interface Deadline {
  over: boolean
  /** Ended by the caller before the vendor's time was over: it says nothing about the vendor. */
  dropped?: boolean
  /** Ends what is being sent or awaited. */
  cut: () => void
}

interface Sending {
  readonly connections: Dispatcher
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  /** Whole, or as it comes. */
  readonly content?: string | Content | undefined
  readonly deadline: Deadline
}

/** A body that is made while it is sent. */
export interface Content {
  parts(): AsyncIterable<Uint8Array>
  /** Whether all of it was given out. */
  readonly sealed: boolean
  /** Rejects when it can never be whole, also while nobody reads its parts. */
  readonly whole: Promise<void>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Absent when it was too long, not UTF-8, or part of an error that broke off. */
  readonly text: string | undefined
}

/** No answer, or one that is not HTTP. */
export class Unanswered extends Error {
  readonly none: 'timeout' | 'dropped' | 'reset' | 'malformed'
  /** Whether a byte of the request may have left. */
  readonly sent: boolean
  override readonly cause: unknown

  constructor(none: Unanswered['none'], sent: boolean, cause: unknown) {
    super(`no answer: ${none}${cause instanceof Error ? `, ${cause.message}` : ''}`)
    this.cause = cause
    this.none = none
    this.sent = sent
  }
}

/** Bytes of an answer that we are willing to hold. */
const maxBytes = { answer: 2_000_000, error: 64_000 }

// Our deadlines count, and HTTP/2's own way with refused streams is not wanted.
const options: Agent.Options = { allowH2: false, headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 3_000 } }

let connectionsWith = (more: Agent.Options): Dispatcher => new Agent({ ...options, ...more })

/** Connections that are used again, but not after a pause in which the network may have forgotten
 * them, however long the vendor would keep them. */
export const keptConnections = (): Dispatcher => connectionsWith({ keepAliveMaxTimeout: 5_000 })

const freshOnes = (): Dispatcher => connectionsWith({ pipelining: 0 })
let fresh = freshOnes()
/** A new connection for each request. One that the other side is just closing would leave a delete
 * unknown that never arrived. */
export const freshConnections = (): Dispatcher => fresh

/** From now on through the proxies that the environment names, for the whole process, as Node's own
 * switch. Always by a tunnel: what a proxy refuses then has not left, and it reads nothing. */
export const goThroughProxies = (): void => {
  connectionsWith = (more) => new EnvHttpProxyAgent({ ...options, ...more, proxyTunnel: true, connectTimeout: 3_000 })
  fresh = freshOnes()
}

const decoder = new TextDecoder('utf-8', { fatal: true })

const textOf = (chunks: readonly Uint8Array[]): string | undefined => {
  try {
    return decoder.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
  } catch {
    return undefined
  }
}

/** Something came that is not HTTP, or an interim answer that nobody asked for. */
const isMalformed = (error: Error): boolean =>
  error instanceof errors.HTTPParserError ||
  error instanceof errors.HeadersOverflowError ||
  error instanceof errors.ResponseContentLengthMismatchError ||
  (error instanceof errors.SocketError && /^bad (response|upgrade)$/.test(error.message))

export const send = ({ connections, url, method, headers, content, deadline }: Sending): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const late = () => (deadline.dropped === true ? 'dropped' : 'timeout')
    if (deadline.over) throw new Unanswered(late(), false, undefined)
    let controller: Dispatcher.DispatchController | undefined
    let answer: Omit<Answer, 'text'> | undefined
    let chunks: Uint8Array[] = []
    let size = 0
    let failed = false
    const ended = Promise.withResolvers<void>()

    const isOk = (): boolean => answer !== undefined && answer.status < 300
    const finish = (text: string | undefined): void => {
      resolve({ ...answer!, text })
      ended.resolve()
    }
    const fail = (none: Unanswered['none'], cause: Error): void => {
      failed = true
      // Best effort: an error's status stands without its body.
      if (answer && !isOk()) finish(undefined)
      else reject(new Unanswered(none, controller !== undefined, cause))
      ended.resolve()
      controller?.abort(cause)
    }
    deadline.cut = () => fail(late(), new Error('the time is over'))
    // Once an answer comes, the rest is given up.
    if (typeof content === 'object') content.whole.catch((cause: Error) => answer ?? fail('reset', cause))

    /** An answer that comes early ends the body, which stays incomplete. */
    async function* untilAnswered(body: Content): AsyncGenerator<Uint8Array> {
      for await (const chunk of body.parts()) {
        if (answer) break
        yield chunk
      }
      if (answer) await ended.promise
    }

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (started) => {
        // Given up while the connection was being made, or begun before: nothing is sent now.
        if (deadline.over || failed || controller) return void started.abort(new Error('not sent'))
        controller = started
      },
      onResponseStart: (_, status, answered) => {
        // Left to undici, a 101 without a protocol trips over an assertion of its own.
        if (status === 101 || status > 599) return fail('malformed', new Error(`status ${status} is no answer`))
        if (status < 200) return
        if (typeof content === 'object' && !content.sealed && status < 400)
          return fail('malformed', new Error(`answered ${status} to half a body`))
        answer = { status, headers: answered }
      },
      onResponseData: (_, chunk) => {
        size += chunk.byteLength
        if (size <= (isOk() ? maxBytes.answer : maxBytes.error)) return void chunks.push(chunk)
        chunks = []
        finish(undefined)
        controller?.abort(new Error('the answer is too long'))
      },
      onResponseEnd: () => finish(textOf(chunks)),
      onResponseError: (_, cause) => fail(isMalformed(cause) ? 'malformed' : 'reset', cause),
    }
    const body = typeof content === 'object' ? untilAnswered(content) : (content ?? null)
    connections.dispatch(
      // undici takes an iterable, which its types do not say.
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: method as Dispatcher.HttpMethod,
        headers,
        body: body as string | null,
      },
      handler,
    )
  })
