/** Names each request, for the answer, the log and the journal. A name from outside is never taken
 * over: it could be forged or hold anything. */
import type { RequestHandler } from 'express'
import { randomBytes } from '../crypto/random.ts'
import { addHeader } from './response-headers.ts'

export const newRequestId = (): string => `req_${randomBytes(15).toString('base64url')}`

export const requestId: RequestHandler = function requestId(_req, res, next) {
  const id = newRequestId()
  res.locals['requestId'] = id
  addHeader(res, 'X-Request-Id', id)
  next()
}
