/** Names each request, for the answer, the log and the journal. A name from outside is never taken over: it could be forged or hold anything. */
import { randomBytes } from 'node:crypto'
import type { RequestHandler } from 'express'
import { addHeader } from './head.ts'

const each = 15
/** Random bytes are cheap, asking for them is not. */
let pool = Buffer.alloc(0)
let at = 0

export const newRequestId = (): string => {
  if (at + each > pool.length) {
    pool = randomBytes(each * 256)
    at = 0
  }
  at += each
  return `req_${pool.toString('base64url', at - each, at)}`
}

export const requestId: RequestHandler = function requestId(_req, res, next) {
  const id = newRequestId()
  res.locals['requestId'] = id
  addHeader(res, 'X-Request-Id', id)
  next()
}
