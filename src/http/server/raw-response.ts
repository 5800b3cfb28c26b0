/** Answers on a bare socket, for requests that Node could not read as HTTP, and endings that let an
 * answer reach a client that is still sending. */
import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Problem } from '../../contract/problems.ts'
import { errorBody, headersOf } from '../problem-handler.ts'
import { headersWithoutApp } from '../response-headers.ts'

/** A client that sends nothing for a while need not be told. */
const pace = { bytes: 2 * 1024, window: 2_000 }
const lingerTime = 60_000
const lingerBytes = 64 * 1024 * 1024
const ending = new WeakSet<Socket>()

/** Closes our side, then reads and drops what still comes, as long as it comes at a decent pace.
 * Closing at once would reset the connection, and proxies look for an answer once all is sent. */
export const lingeringClose = (socket: Socket): void => {
  if (ending.has(socket)) return
  ending.add(socket)
  if (socket.writable) socket.end()
  let left = lingerBytes
  let before = left
  // Without the parser's listener, nothing pipelined behind the refused request is carried out.
  socket.removeAllListeners('data')
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) socket.destroy()
  })
  socket.once('end', () => socket.destroy())
  const watch = setInterval(() => {
    if (before - left < pace.bytes) socket.destroy()
    before = left
  }, pace.window)
  const timer = setTimeout(() => socket.destroy(), lingerTime)
  socket.once('close', () => {
    clearInterval(watch)
    clearTimeout(timer)
  })
  socket.resume()
}

/** A whole answer, made without any middleware; it ends its connection unless that is kept. */
const partsOf = (problem: Problem, requestId: string, keep = false) => {
  const body = JSON.stringify(errorBody(problem, requestId))
  const headers = {
    ...(!keep && { Connection: 'close' }),
    ...headersWithoutApp,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Request-Id': requestId,
    ...headersOf(problem),
  }
  return { headers, body }
}

/** For a request that could be read, but is refused before the app sees it. */
export const answerEarly = (res: ServerResponse, problem: Problem, requestId: string): void => {
  const { headers, body } = partsOf(problem, requestId)
  res.writeHead(problem.status, headers).end(body)
}

/** The same, made once for a refusal that must be cheap. */
export const prepareAnswer = (problem: Problem): ((res: ServerResponse, requestId: string, keep: boolean) => void) => {
  const place = 'REQUEST-ID'
  const { headers, body } = partsOf(problem, place, true)
  const [before, after] = body.split(place) as [string, string]
  const { 'Content-Length': _length, 'X-Request-Id': _id, ...others } = headers
  const always = Object.entries(others).flat()
  return (res, requestId, keep) => {
    const text = before + requestId + after
    const ending = keep ? [] : ['Connection', 'close']
    res
      .writeHead(problem.status, [...always, 'Content-Length', `${Buffer.byteLength(text)}`, 'X-Request-Id', requestId, ...ending])
      .end(text)
  }
}

/** For what was no readable request: there is a socket and nothing else. */
export const answerRaw = (socket: Socket, problem: Problem, requestId: string): void => {
  if (ending.has(socket)) return
  const { headers, body } = partsOf(problem, requestId)
  const lines = Object.entries({ Date: new Date().toUTCString(), ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`)
  lingeringClose(socket)
}

/** What Node's parser and timers report, in our words. */
export const refusalOf = (error: Error & { code?: string }): Problem => {
  if (error.code === 'HPE_HEADER_OVERFLOW') return new Problem('headers_too_large', { cause: error })
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem('timeout', { detail: 'The request took too long to arrive.', cause: error })
  if (error.code === 'HPE_INVALID_URL') return new Problem('invalid_path', { cause: error })
  if (error.code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return new Problem('too_large', { cause: error })
  return new Problem('bad_request', { cause: error })
}
