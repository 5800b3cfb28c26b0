/** Routes as a table: exact paths, the methods of each, and 405 with `Allow` for every other one, HEAD and OPTIONS too. Express by itself would answer HEAD with GET's work and OPTIONS with a page of its own. */
import { type ErrorRequestHandler, type RequestHandler, Router } from 'express'
import { Problem } from '../contract/problems.ts'

type Method = 'get' | 'head' | 'post' | 'put' | 'delete'
type Handler = RequestHandler | ErrorRequestHandler
type Methods = Partial<Readonly<Record<Method, RequestHandler | Handler[]>>>

export const methodNotAllowed = (...allowed: readonly string[]): RequestHandler =>
  function methodNotAllowed() {
    throw new Problem('method_not_allowed', { headers: { Allow: allowed.join(', ').toUpperCase() } })
  }

/** Paths are looked at in the order of the table. */
export const routes = (table: Readonly<Record<string, Methods>>): Router => {
  const router = Router({ caseSensitive: true, strict: true })
  for (const [path, methods] of Object.entries(table)) {
    const verbs = Object.entries(methods) as [Method, RequestHandler | Handler[]][]
    const refuse = methodNotAllowed(...verbs.map(([verb]) => verb))
    if (!methods.head) router.head(path, refuse)
    for (const [verb, handlers] of verbs) router[verb](path, handlers)
    router.all(path, refuse)
  }
  return router
}

/** GET, and HEAD like it: for what can be read by anyone at any time. */
export const getAndHead = (...handlers: RequestHandler[]): Methods => ({ get: handlers, head: handlers })
