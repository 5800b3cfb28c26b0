/** What the Express apps of both listeners share: strict routing, HTTP-wide rules, the end. */
import express, { type Express, type RequestHandler } from 'express'
import { Problem, problems } from '../../contract/problems.ts'
import { problemHandler } from '../problem-handler.ts'
import { joinHeads, securityHeaders } from '../response-headers.ts'

export const expressApp = (https: boolean, middleware: readonly RequestHandler[]): Express => {
  const app = express()
  app.set('case sensitive routing', true)
  app.set('strict routing', true)
  app.set('query parser', 'simple')
  app.disable('etag')
  // No answer here has a validator, but Express would answer 304 to `If-None-Match: *`.
  Object.defineProperty(app.request, 'fresh', { configurable: true, value: false })
  app.disable('x-powered-by')
  joinHeads(app)
  app.use(securityHeaders({ https }))
  for (const step of middleware) app.use(step)
  return app
}

/** `served`: where what this listener has is to be found. */
export const finalHandlers = (app: Express, served: string): void => {
  app.use(function nothingHere({ path }) {
    const slash = path.length > 1 && path.endsWith('/') ? ' No path of this service ends with a slash.' : ''
    throw new Problem('not_found', { detail: `${problems.not_found[1]}${slash} ${served}` })
  })
  app.use(problemHandler)
}
