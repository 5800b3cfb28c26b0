/** The OpenAPI document as the reference reads it: its operations in order, with every reference
 * followed but those between models. */
import type { createDocument } from 'zod-openapi'
import { references } from '../unused-components.ts'

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly description?: string
  readonly 'x-callers'?: readonly string[]
}
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description?: string
  readonly schema: Schema
  readonly example?: unknown
  readonly examples?: Readonly<Record<'own' | 'other', { readonly value: unknown }>>
}
export interface Media {
  readonly schema: Schema
  readonly example?: unknown
}
export interface Refusal {
  readonly status: string
  readonly codes: readonly string[]
}
export interface Answer {
  readonly status: string
  readonly description: string
  readonly headers: readonly string[]
  readonly media?: readonly [type: string, media: Media]
}
export interface DescribedOperation {
  readonly id: string
  readonly tag: string
  readonly method: string
  /** Below the base path, as the document writes it. */
  readonly path: string
  readonly pathWithApp?: string
  readonly summary: string
  readonly description: string
  readonly callers?: readonly string[]
  /** It destroys something, or may. */
  readonly guarded: boolean
  /** Whether a session is what it takes, so that it can be called from a program or a page. */
  readonly withSession: boolean
  readonly parameters: readonly Parameter[]
  readonly body?: readonly [type: string, media: Media]
  readonly answers: readonly Answer[]
  readonly refusals: readonly Refusal[]
}
export interface Reference {
  readonly title: string
  readonly base: string
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly operations: readonly DescribedOperation[]
  /** Schemas that others refer to. */
  readonly models: readonly (readonly [name: string, schema: Schema])[]
  /** The schema behind a reference, or the one given. */
  readonly resolved: (schema: Schema) => Schema
}

type Written = Readonly<Record<string, unknown>>
interface WrittenResponse {
  readonly description: string
  readonly headers?: Written
  readonly content?: Readonly<Record<string, Media & { readonly examples?: Written }>>
}

const firstOf = (content: Readonly<Record<string, Media>> = {}) => Object.entries(content)[0]

export const readDocument = (document: ReturnType<typeof createDocument>): Reference => {
  const { schemas = {} } = (document.components ?? {}) as { schemas?: Record<string, Schema> }
  const follow = <T>(value: T): T => {
    const { $ref } = value as { $ref?: string }
    return $ref === undefined
      ? value
      : ($ref
          .slice(2)
          .split('/')
          .reduce((at: unknown, name) => (at as Written)[name], document) as T)
  }
  const operationOf = (path: string, method: string, written: Written): DescribedOperation => {
    const responses = Object.entries(written['responses'] as Record<string, WrittenResponse>)
      .filter(([status]) => /^\d+$/.test(status))
      .map(([status, response]) => [status, follow(response)] as const)
    const body = firstOf((written['requestBody'] as { content?: Record<string, Media> } | undefined)?.content)
    const [way] = (written['security'] ?? document.security) as readonly object[]
    const withApp = written['x-path-with-app'] as string | undefined
    const callers = written['x-callers'] as readonly string[] | undefined
    return {
      id: String(written['operationId']),
      tag: (written['tags'] as readonly string[])[0]!,
      method: method.toUpperCase(),
      path,
      ...(withApp !== undefined && { pathWithApp: withApp }),
      summary: String(written['summary']),
      description: String(written['description']),
      ...(callers && { callers }),
      guarded: written['x-effect'] === 'guarded',
      withSession: 'bearer' in (way ?? {}),
      parameters: ((written['parameters'] ?? []) as readonly Parameter[]).map(follow),
      ...(body && { body }),
      answers: responses
        .filter(([status]) => status < '400')
        .map(([status, { description, headers = {}, content }]) => {
          const media = firstOf(content)
          return { status, description, headers: Object.keys(headers), ...(media && { media }) }
        }),
      refusals: responses
        .filter(([status]) => status >= '400')
        .map(([status, { content = {} }]) => ({ status, codes: Object.keys(content['application/json']?.examples ?? {}) })),
    }
  }
  const inModels = new Set(references(schemas).map((ref) => ref.split('/').at(-1)))
  return {
    title: document.info.title,
    base: document.servers?.[0]?.url.replace(/\/$/, '') ?? '',
    tags: (document.tags ?? []).map(({ name, description = '' }) => ({ name, description })),
    operations: Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
      Object.entries(item as Record<string, Written>).map(([method, written]) => operationOf(path, method, written)),
    ),
    models: Object.entries(schemas).filter(([name]) => inModels.has(name) || name === 'Error'),
    resolved: follow,
  }
}
