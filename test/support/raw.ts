/** A client that tidies nothing up: it sends the bytes it is given and shows the answers as they came. */
import { type AddressInfo, connect } from 'node:net'

export interface RawAnswer {
  readonly status: number
  /** By lower-case name; a repeated header is joined with a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly json: () => unknown
}

export interface RawExchange {
  /** The first final answer; throws when there was none. */
  readonly first: RawAnswer
  readonly answers: readonly RawAnswer[]
  /** Everything received, for what is no HTTP. */
  readonly received: string
  /** The connection was reset, rather than closed. */
  readonly reset: boolean
  /** The server closed the connection before the wait was over. */
  readonly closed: boolean
}

export interface SendOptions {
  /** How long to go on reading when the server keeps the connection open; an answer that is complete ends the wait unless `untilClose`. */
  readonly waitMs?: number
  readonly untilClose?: boolean
  /** Answers to wait for; for pipelined requests. */
  readonly expect?: number
}

type Target = { readonly port: number } | AddressInfo

/** Sends the pieces one after the other and gathers what comes back. Text is sent as latin1, one byte a character. */
export const sendRaw = (to: Target, pieces: string | Buffer | (string | Buffer)[], options: SendOptions = {}): Promise<RawExchange> =>
  new Promise((resolve) => {
    const { waitMs = 60_000, untilClose = false, expect = 1 } = options
    const chunks: Buffer[] = []
    const state = { reset: false, closed: false }
    const socket = connect({ port: to.port, host: '127.0.0.1', allowHalfOpen: true })
    const head = [pieces].flat()[0]?.toString().startsWith('HEAD ') ?? false
    const finish = (): void => {
      clearTimeout(timer)
      socket.destroy()
      const received = Buffer.concat(chunks)
      const answers = parseAnswers(received, head)
      const first = answers[0]
      resolve({
        get first() {
          if (!first) throw new Error(`No answer; received: ${JSON.stringify(received.toString('latin1').slice(0, 500))}`)
          return first
        },
        answers,
        received: received.toString('latin1'),
        ...state,
      })
    }
    const timer = setTimeout(finish, waitMs)
    socket.on('connect', () => {
      for (const piece of [pieces].flat()) socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
    })
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (!untilClose && parseAnswers(Buffer.concat(chunks), head).length >= expect) finish()
    })
    socket.on('end', () => {
      state.closed = true
      finish()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      state.reset = error.code === 'ECONNRESET' || error.code === 'EPIPE'
    })
    socket.on('close', () => {
      state.closed = true
      finish()
    })
  })

/** The complete answers in what was received; interim ones (1xx) are left out. */
const parseAnswers = (received: Buffer, head: boolean): RawAnswer[] => {
  const answers: RawAnswer[] = []
  let rest = received
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return answers
    const [statusLine = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1])
    if (!status) return answers
    const headers = headersOf(lines)
    const bodyless = head || status < 200 || status === 204 || status === 304
    const body = bodyless ? { text: Buffer.alloc(0), length: 0 } : bodyOf(rest.subarray(end + 4), headers)
    if (!body) return answers
    rest = rest.subarray(end + 4 + body.length)
    const text = body.text.toString()
    if (status >= 200) answers.push({ status, headers, body: text, json: () => JSON.parse(text) })
  }
}

const headersOf = (lines: string[]): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}

const bodyOf = (rest: Buffer, headers: Record<string, string>): { text: Buffer; length: number } | undefined => {
  if (headers['transfer-encoding'] === 'chunked') return chunkedOf(rest)
  const told = headers['content-length'] as string | undefined
  const length = told === undefined ? rest.length : Number(told)
  return rest.length < length ? undefined : { text: rest.subarray(0, length), length }
}

const chunkedOf = (rest: Buffer): { text: Buffer; length: number } | undefined => {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(rest.subarray(at, lineEnd).toString('latin1'), 16)
    const next = lineEnd + 2 + size + 2
    if (rest.length < next) return undefined
    if (size === 0) return { text: Buffer.concat(parts), length: next }
    parts.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
  }
}
