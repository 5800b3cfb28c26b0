/** The one error body, for the vendor's clients and RFC 9457 alike. Never a stack or a cause. */
import type { ErrorRequestHandler } from 'express'
import { Problem, type ProblemCode, problems } from '../contract/problems.ts'

/** The vendor's own words go to staff and programs only, hence the switch. */
export const errorBody = (problem: Problem, requestId: string, showVendorWords = false) => {
  const { vendorCode, vendorDescription, errors } = problem.particulars
  const detail = (showVendorWords ? vendorDescription : undefined) ?? problem.message
  return {
    error: { code: vendorCode ?? problem.code, description: detail },
    type: `urn:smooch-bff:problem:${problem.code}`,
    title: problems[problem.code][1],
    status: problem.status,
    detail,
    requestId,
    ...(errors && { errors }),
  }
}

/** Errors of Express carry a status: a 4xx is the caller's fault, everything else ours. */
const codeByStatus: Partial<Record<number, ProblemCode>> = { 408: 'timeout', 413: 'too_large', 415: 'unsupported_media_type' }

export const toProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500
  const ofCaller = error instanceof URIError || (status >= 400 && status < 500)
  return new Problem(ofCaller ? (codeByStatus[status] ?? 'bad_request') : 'internal', { cause: error })
}

const json = 'application/json'
const problemJson = 'application/problem+json'

/** Headers of an answer that a handler began and then did not give. */
const bodyHeaders = ['Content-Disposition', 'Content-Encoding', 'Content-Length', 'ETag', 'Last-Modified', 'Transfer-Encoding']

/** A body that is known to be small is read to its end and the connection kept; the rest of a large
 * or endless one is not waited for. */
const bodyGoesOn = (req: { complete: boolean; headers: NodeJS.Dict<string | string[]> }): boolean =>
  !req.complete && (req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 100 * 1024)

/** The default Retry-After, but for `upstream_busy`: some clients repeat a DELETE by it. */
export const headersOf = ({ code, status, particulars: { headers } }: Problem): Record<string, string> =>
  (status === 503 || status === 429) && code !== 'upstream_busy' ? { 'Retry-After': '5', ...headers } : (headers ?? {})

const badToken = 'The token is not one of this service, has run out, or was ended'

const isBadToken = ({ code }: Problem, authorization = ''): boolean =>
  (code === 'unauthorized' || code === 'invalid_service_key') && /^bearer +[^ ]/i.test(authorization)

/** RFC 6750: which error it is, and none where no token was sent. */
const challenge = (problem: Problem, authorization: string | undefined): string =>
  isBadToken(problem, authorization) ? `Bearer error="invalid_token", error_description="${badToken}"` : 'Bearer'

/** Names the culprit of a 401, when it is the header that came. */
const withHeaderDetail = (problem: Problem, authorization = ''): Problem => {
  if (problem.code !== 'unauthorized' || problem.particulars.detail !== undefined || authorization === '') return problem
  const detail = isBadToken(problem, authorization)
    ? `${badToken}.`
    : 'The header Authorization must hold "Bearer" and the token of a session.'
  return problem.with({ detail })
}

export const problemHandler: ErrorRequestHandler = function problemHandler(error, req, res, _next) {
  const problem = withHeaderDetail(toProblem(error), req.headers.authorization)
  res.locals['problem'] = problem
  if (res.headersSent) {
    res.destroy()
    return
  }
  for (const name of bodyHeaders) res.removeHeader(name)
  const body = errorBody(problem, String(res.locals['requestId'] ?? ''), res.locals['showVendorWords'] === true)
  const text = Buffer.from(JSON.stringify(body))
  res.statusCode = problem.status
  res.setHeader('Cache-Control', 'no-store')
  if (problem.status === 401) res.setHeader('WWW-Authenticate', challenge(problem, req.headers.authorization))
  if (bodyGoesOn(req)) res.setHeader('Connection', 'close')
  for (const [name, value] of Object.entries(headersOf(problem))) res.setHeader(name, value)
  // The vendor's JavaScript client finds code and description only under application/json, so that
  // is what everyone gets who does not ask.
  const type = req.accepts([json, problemJson]) === problemJson ? problemJson : json
  res.setHeader('Content-Type', `${type}; charset=utf-8`)
  res.setHeader('Content-Length', text.length)
  res.end(text)
}
