/** What every request gets: a name, a trace, and one wide record, written when the answer is out or
 * the caller gone. No ids, no tokens in it: the path is the template of the route. */

import { performance } from 'node:perf_hooks'
import type { RequestHandler, Response } from 'express'
import type { Problem } from '../contract/problems.ts'
import { networkOf } from '../platform/ip-address.ts'
import { describeError, type Fields, type Log, loggable } from '../platform/log/logger.ts'
import { memo } from '../platform/memo.ts'
import { randomBytes } from '../platform/random.ts'
import { type RequestTrace, runInTrace, startRequestTrace } from '../platform/tracing.ts'
import { clientAddress } from './request/client-address.ts'
import { addHeader } from './response-headers.ts'

/** For answer, log and journal. None is taken from outside: it could be forged or hold anything. */
export const newRequestId = (): string => `req_${randomBytes(15).toString('base64url')}`

const network = memo(2_000, networkOf)

export interface Requests {
  requestStart(): void
  /** Hears of the record of each request. */
  requestEnd(record: Fields): void
}

/** Adds to the record of this request. */
export const addLogFields = (res: Response, fields: Fields): void => {
  Object.assign(res.locals['record'] as Fields, fields)
}

/** Memoised: few browsers make most of the calls. */
const loggableText = memo(500, loggable)
const shownAgent = (agent: string): string => loggableText(agent.slice(0, 200))

export const accessLog = (log: Log, requests: Requests): RequestHandler =>
  function accessLog(req, res, next) {
    const start = performance.now()
    const requestId = newRequestId()
    addHeader(res, 'X-Request-Id', requestId)
    const record: Fields = {}
    Object.assign(res.locals, { requestId, record })
    const trace = startRequestTrace(req.method, req.headers['traceparent'] as string | undefined)
    // After the trace, whose SDK may throw: what is counted here is counted off at the close.
    requests.requestStart()
    // `on`, not `once`, which costs two more objects: the event comes once.
    res.on('close', () => {
      const problem = res.locals['problem'] as Problem | undefined
      const { outcome, limit, upstreamStatus, upstreamRequestId } = problem?.particulars ?? {}
      const failed = problem && { code: problem.code, ...(outcome && { outcome }), ...(limit && { limit }) }
      const upstream = upstreamStatus !== undefined && { upstream: { status: upstreamStatus, requestId: upstreamRequestId } }
      const cause = problem?.cause !== undefined && { cause: describeError(problem.cause) }
      const line: Fields = {
        requestId,
        ...trace.ids,
        method: req.method,
        route: (req.route as { readonly path?: unknown } | undefined)?.path,
        status: res.writableFinished ? res.statusCode : 499,
        ms: Math.round((performance.now() - start) * 100) / 100,
        from: network(clientAddress(req)),
        ua: shownAgent(req.headers['user-agent'] ?? ''),
        ...upstream,
        ...record,
        ...failed,
        ...cause,
      }
      if (problem?.code === 'internal') log.error({ ...line, stack: stackOf(problem.cause) }, 'request')
      else log.info(line, 'request')
      requests.requestEnd(line)
      endTrace(trace, line)
    })
    // All that answers the request runs within its trace.
    runInTrace(trace, requestId, next)
  }

/** Named by the operation where there is one, else by the template of the path. */
const endTrace = (trace: RequestTrace, { method, route, operation, status, code }: Fields): void => {
  const path = typeof route === 'string' ? { 'http.route': route } : undefined
  const name = operation ?? (path ? `${String(method)} ${route}` : method)
  trace.end(String(name), Number(status), code as string | undefined, { ...path })
}

/** The stack without the message, which may quote anything. */
const stackOf = (cause: unknown): string[] =>
  cause instanceof Error
    ? (cause.stack ?? '')
        .split('\n')
        .filter((line) => line.startsWith('    at '))
        .slice(0, 8)
        .map((line) => line.trim())
    : []
