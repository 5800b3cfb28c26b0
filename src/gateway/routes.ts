/** Routes of the thirteen rows in both path forms; another method is 405 with Allow. */
import { type RequestHandler, Router } from 'express'
import { type Method, type Operation, takesHead } from '../contract/operation.ts'
import { methodNotAllowed } from '../http/endpoint.ts'

// The short form first: front ends use it, on every page.
const forms = ['/v1.1', '/v1.1/apps/:appId'] as const

const verb = { GET: 'get', POST: 'post', PUT: 'put', DELETE: 'delete' } as const satisfies Record<Method, string>

/** The rows that a path answers: `/appusers/merge` is also the user with the id `merge`. */
const matches = (row: Operation, path: string): boolean => {
  const [own, asked] = [row.path.split('/'), path.split('/')]
  return own.length === asked.length && own.every((part, at) => part.startsWith(':') || part === asked[at])
}

export const operationRoutes = (rows: readonly Operation[], handler: (row: Operation) => RequestHandler): Router => {
  const router = Router({ caseSensitive: true, strict: true })
  // Literal paths first: else `/appusers/merge` would lack its POST.
  const paths = [...new Set(rows.map((row) => row.path))].sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')))
  for (const form of forms) {
    // Express answers HEAD with the work of GET, which for some has effects.
    for (const row of rows) if (row.method === 'GET' && !takesHead(row)) router.head(`${form}${row.path}`, refuse(rows, row.path))
    for (const row of rows) router[verb[row.method]](`${form}${row.path}`, handler(row))
    for (const path of paths) router.all(`${form}${path}`, refuse(rows, path))
  }
  return router
}

const refuse = (rows: readonly Operation[], path: string): RequestHandler =>
  methodNotAllowed(
    ...new Set(rows.filter((row) => matches(row, path)).flatMap((row) => (takesHead(row) ? [row.method, 'HEAD'] : [row.method]))),
  )
