/** Routes as rows: what each promises. Router and OpenAPI document are made from them. */
import { type ErrorRequestHandler, type Request, type RequestHandler, Router } from 'express'
import type { z } from 'zod'
import type { LimitClass, Role } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'

type Method = 'get' | 'head' | 'post' | 'put' | 'delete'
type Handler = RequestHandler | ErrorRequestHandler
type Handlers = RequestHandler | Handler[]
/** The handler of a row, as `handlers` makes it: nothing else answers in its place. */
export type RowHandler = RequestHandler & { readonly row: Endpoint }
/** What goes before it and, last, what makes a page of its refusals. */
type RowHandlers =
  | RowHandler
  | [...before: RequestHandler[], run: RowHandler]
  | [...before: RequestHandler[], run: RowHandler, failed: ErrorRequestHandler]

/** One media type of a body or an answer. */
export interface Media {
  readonly schema?: z.ZodType
  readonly example?: unknown
}
/** Headers that some answers have beside those of all. */
export type AnswerHeader = 'Set-Cookie' | 'Location' | 'Content-Disposition' | 'Clear-Site-Data'
export interface Answer {
  readonly description: string
  readonly headers?: readonly AnswerHeader[]
  /** By media type; absent: there is no body. */
  readonly content?: Readonly<Record<string, Media>>
}

export interface Body {
  readonly required: boolean
  readonly content: Readonly<Record<string, Media>>
  /** For a sender that keeps to rules of its own; else the schema decides, strictly. */
  readonly read?: (req: Request) => Promise<unknown>
}

export interface Endpoint {
  readonly method: Method
  /** As Express writes it, below the base path. */
  readonly path: string
  /** HEAD is answered like GET. */
  readonly head?: true
  readonly tag: 'Sessions' | 'Console' | 'Webhooks' | 'Documents' | 'Private'
  readonly by: 'anyone' | 'session' | 'session, if any' | 'cookie, if any' | 'service key' | 'webhook secret'
  /** Of which the session needs one. */
  readonly roles?: readonly Role[]
  /** The person must have signed in a short while ago. */
  readonly recentSignIn?: true
  /** A browser must send X-BFF-CSRF with the cookie. */
  readonly csrf?: true
  /** Asked by a page of its own accord: no activity that prolongs the person's session. */
  readonly background?: true
  /** The limit against which calls of a session count. */
  readonly limit?: LimitClass
  readonly summary: string
  /** Parameters that may be in the query: what each means, and an example. */
  readonly query?: Readonly<Record<string, readonly [meaning: string, example: string]>>
  /** Asked by programs of others, which may add parameters of their own: those are passed over. */
  readonly lenientQuery?: true
  readonly body?: Body
  readonly answers: Readonly<Record<number, Answer>>
  /** To a browser, which asks for HTML, a refusal is a page. */
  readonly page?: true
  /** Statuses of refusals. */
  readonly errors: readonly number[]
}

/** By operation id. */
export type Endpoints = Readonly<Record<string, Endpoint>>

export const json = <S extends z.ZodType>(schema: S, example: z.input<S>) => ({ 'application/json': { schema, example } })
export const form = <S extends z.ZodType>(schema: S) => ({ 'application/x-www-form-urlencoded': { schema } })
export const text = (type: string) => ({ [type]: {} })
export const done: Answer = { description: 'Done; there is no body' }

/** Refusals of a body, where one is read; of a GET or DELETE too, where it means nothing. */
export const bodyErrors = [408, 413, 415] as const

export const methodNotAllowed = (...allowed: readonly string[]): RequestHandler =>
  function methodNotAllowed({ method, headers }) {
    const Allow = allowed.join(', ').toUpperCase()
    const preflight =
      method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
        ? ' A browser asks this for a page of another origin, which is not served: page and service must be on one origin.'
        : ''
    throw new Problem('method_not_allowed', { headers: { Allow }, detail: `This path supports ${Allow}, not ${method}.${preflight}` })
  }

/** As `Allow` names them. */
const inOrder: readonly Method[] = ['get', 'head', 'post', 'put', 'delete']

type Methods = Partial<Readonly<Record<Method, Handlers>>>

/** Exact paths, in the order of the table; 405 with `Allow` for every other method. Express by
 * itself would answer HEAD with GET's work and OPTIONS with a page of its own. */
const routerOf = (table: Readonly<Record<string, Methods>>): Router => {
  const router = Router({ caseSensitive: true, strict: true })
  for (const [path, methods] of Object.entries(table)) {
    const verbs = inOrder.flatMap((method): [Method, Handlers][] => (methods[method] ? [[method, methods[method]]] : []))
    const refuse = methodNotAllowed(...verbs.map(([verb]) => verb))
    if (!methods.head) router.head(path, refuse)
    for (const [verb, handlers] of verbs) router[verb](path, handlers)
    router.all(path, refuse)
  }
  return router
}

/** People add a slash to the address of a page. The target is built from the router's own mount and
 * a checked path, so that it leads nowhere else. */
const withoutSlash: RequestHandler = ({ baseUrl, path, originalUrl }, res) => {
  const [, query] = originalUrl.split(/\?(.*)/s)
  res.redirect(308, `${baseUrl}${path.slice(0, -1)}${query === undefined ? '' : `?${query}`}`)
}

export const routes = <T extends Endpoints>(rows: T, handlers: { readonly [Id in keyof T]: RowHandlers }): Router => {
  const table: Record<string, Record<string, Handlers>> = {}
  for (const [id, { path, method, head, answers }] of Object.entries(rows)) {
    table[path] = { ...table[path], [method]: handlers[id]!, ...(head && { head: handlers[id]! }) }
    if (method === 'get' && answers[200]?.content?.['text/html'])
      table[`${path}/`] = { get: withoutSlash, ...(head && { head: withoutSlash }) }
  }
  return routerOf(table)
}

/** Pages and their files, by path: GET, and HEAD like it. A page has no dot in its path. */
export const pageRoutes = (pages: Readonly<Record<string, Handler[]>>): Router => {
  const paths = Object.entries(pages).flatMap(([path, handlers]): [string, Handlers][] =>
    path === '/' || path.includes('.')
      ? [[path, handlers]]
      : [
          [path, handlers],
          [`${path}/`, withoutSlash],
        ],
  )
  return routerOf(Object.fromEntries(paths.map(([path, handlers]) => [path, { get: handlers, head: handlers }])))
}
