/** The routes as the service's own OpenAPI document tells them: where they are, what they take, which answers they give. */
import type { Operation } from '../../src/contract/operation.ts'
import { all } from '../../src/contract/operations.ts'
import type { Bff } from '../support/bff.ts'

export interface Route {
  readonly method: string
  /** With the base path, and with `{names}`. */
  readonly path: string
  readonly listener: 'public' | 'private'
  readonly statuses: readonly number[]
  readonly example: unknown
  /** Of the vendor's thirteen operations. */
  readonly row: Operation | undefined
}

interface Described {
  readonly operationId: string
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> }
  readonly responses: object
}
interface Document {
  readonly servers: readonly [{ readonly url: string }]
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const methods = ['get', 'post', 'put', 'delete']

export const readRoutes = async (bff: Bff): Promise<Route[]> => {
  const { servers, paths } = (await bff.call('GET', '/openapi.json')).json as Document
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const described = item[method] as Described | undefined
      // A stream of events has no end to wait for.
      if (!described || JSON.stringify(described.responses).includes('text/event-stream')) return []
      const own = 'servers' in described
      const id = described.operationId.replace('_of_session_app', '')
      return [
        {
          method: method.toUpperCase(),
          path: own ? path : `${servers[0].url}${path}`,
          listener: own ? ('private' as const) : ('public' as const),
          statuses: Object.keys(described.responses).map(Number),
          example: Object.values(described.requestBody?.content ?? {}).find(({ example }) => example !== undefined)?.example,
          row: all.find((row) => row.id === id),
        },
      ]
    }),
  )
}
