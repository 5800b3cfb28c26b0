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
  /** Those that come as plain words, also when they tell of a fault. */
  readonly inWords: readonly number[]
  readonly example: unknown
  /** Of the vendor's thirteen operations. */
  readonly row: Operation | undefined
}

interface Described {
  readonly operationId: string
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> }
  readonly responses: Readonly<Record<string, { readonly content?: object }>>
  readonly 'x-path-with-app'?: string
}
interface Document {
  readonly servers: readonly [{ readonly url: string }]
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const methods = ['get', 'post', 'put', 'delete']

const statusesInWords = ({ responses }: Described): number[] =>
  Object.entries(responses).flatMap(([status, { content }]) => (content && 'text/plain' in content ? [Number(status)] : []))

const routesIn = ({ servers, paths }: Document, listener: Route['listener']): Route[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const described = item[method] as Described | undefined
      // A stream of events has no end to wait for.
      if (!described || JSON.stringify(described.responses).includes('text/event-stream')) return []
      const { url } = servers[0]
      const forms = [path, ...(described['x-path-with-app'] === undefined ? [] : [described['x-path-with-app']])]
      return forms.map((form) => ({
        method: method.toUpperCase(),
        path: url === '/' ? form : `${url}${form}`,
        listener,
        statuses: Object.keys(described.responses).map(Number),
        inWords: statusesInWords(described),
        example: Object.values(described.requestBody?.content ?? {}).find(({ example }) => example !== undefined)?.example,
        row: all.find((row) => row.id === described.operationId),
      }))
    }),
  )

export const readRoutes = async (bff: Bff): Promise<Route[]> => [
  ...routesIn((await bff.call('GET', '/openapi.json')).json as Document, 'public'),
  ...routesIn((await bff.private('GET', '/openapi.json')).json as Document, 'private'),
]
