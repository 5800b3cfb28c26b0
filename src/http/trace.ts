/** The trace of each request (W3C Trace Context): its header is read, and all that answers it runs within. */
import type { RequestHandler } from 'express'
import { runInTrace, startRequestTrace } from '../platform/tracing.ts'

export const traceRequest: RequestHandler = function traceRequest(req, res, next) {
  const { traceparent } = req.headers
  const trace = startRequestTrace(req.method, traceparent as string | undefined)
  res.locals['trace'] = trace
  runInTrace(trace, String(res.locals['requestId']), next)
}
