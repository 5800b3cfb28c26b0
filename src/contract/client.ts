/** The typed client for web pages and programs: one function per row, its arguments and answer derived from that row. It imports nothing at run time but the table. A number of more than 15 digits is rounded, as by every `JSON.parse`. */
import { type Operation, pathParams } from './operation.ts'
import { all, type OperationId, type operations } from './operations.ts'
import type { Answer, AnswerOf, Body, BodyOf } from './schemas.ts'

type RowOf<Id extends OperationId> = (typeof operations)[Id]
type Named<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | Named<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never
type InPath<Row> = Row extends { path: infer Path extends string } ? { readonly [Name in Named<Path>]: string } : never
type InQuery<Row> = Row extends { query: readonly (infer Name extends string)[] } ? { readonly [N in Name]: readonly string[] } : unknown
type InBody<Row> = Row extends { takes: 'ImageUpload' }
  ? BodyOf<'ImageUpload'> & { /** PNG, JPEG, GIF or WebP; told by its bytes, which its type may not contradict. */ readonly source: Blob }
  : Row extends { takes: infer Model extends Body }
    ? { readonly body: BodyOf<Model> }
    : unknown

/** What one operation is asked with: the names in its path, its query, and its body. */
export type AskOf<Id extends OperationId> = InPath<RowOf<Id>> & InQuery<RowOf<Id>> & InBody<RowOf<Id>>
export type AnswerTo<Id extends OperationId> = RowOf<Id> extends { returns: infer Model extends Answer } ? AnswerOf<Model> : never

interface CallOptions {
  readonly signal?: AbortSignal
}

export type Client = { readonly [Id in OperationId]: (ask: AskOf<Id>, options?: CallOptions) => Promise<AnswerTo<Id>> }

export interface ClientOptions {
  /** Where the service stands: `/bff` on the page's own origin, or a whole address. */
  readonly base: string
  readonly fetch?: typeof fetch
  /** For apps and programs; a web page has its cookie. A function is asked before each call. */
  readonly token?: string | (() => string | Promise<string>)
}

/** Any answer that is no success. A call that got no answer rejects with what `fetch` rejected with. */
export class ClientError extends Error {
  /** Stable; `unreadable_answer` when something between us and the service answered in its place. */
  readonly code: string
  readonly description: string
  readonly status: number
  readonly requestId: string | undefined
  /** Seconds. */
  readonly retryAfter: number | undefined

  constructor({ status, headers }: Response, { code, description }: { code: string; description: string }) {
    super(`${code}: ${description}`)
    this.name = 'ClientError'
    this.code = code
    this.description = description
    this.status = status
    this.requestId = headers.get('x-request-id') ?? undefined
    const wait = headers.get('retry-after')
    this.retryAfter = wait === null ? undefined : Number(wait)
  }
}

export const createClient = ({ base, fetch: send = fetch, token }: ClientOptions): Client => {
  const call = async (row: Operation, ask: Ask, { signal }: CallOptions = {}): Promise<unknown> => {
    const bearer = typeof token === 'function' ? await token() : token
    const { body, type } = bodyOf(row, ask)
    const response = await send(`${base}/v1.1${targetOf(row, ask)}`, {
      method: row.method,
      headers: {
        Accept: 'application/json',
        'X-BFF-CSRF': '1',
        ...(type && { 'Content-Type': type }),
        ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
      },
      body,
      // A bearer call must not carry the page's cookie as well.
      credentials: bearer === undefined ? 'same-origin' : 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: signal ?? null,
    })
    const answer = await read(response)
    if (!response.ok || answer === undefined) throw new ClientError(response, errorOf(answer))
    return answer
  }
  return Object.fromEntries(all.map((row) => [row.id, (ask: Ask, options?: CallOptions) => call(row, ask, options)])) as unknown as Client
}

type Ask = Readonly<Record<string, unknown>>

const targetOf = (row: Operation, ask: Ask): string => {
  const path = row.path.replace(/:(\w+)/g, (_all, name: string) => segment(name, ask[name]))
  const query = new URLSearchParams((row.query ?? []).map((name) => [name, [ask[name]].flat().join(',')]))
  return row.query ? `${path}?${query}` : path
}

/** `.` and `..` cannot be encoded: an address would fold them away, and the call would mean something else. */
const segment = (name: string, value: unknown): string => {
  if (typeof value !== 'string' || value === '' || value === '.' || value === '..') throw new TypeError(`${name} must be an id`)
  return encodeURIComponent(value)
}

const bodyOf = (row: Operation, ask: Ask): { body: BodyInit | null; type?: string } => {
  if (!row.takes) return { body: null }
  if (row.takes !== 'ImageUpload') return { body: JSON.stringify(ask['body']), type: 'application/json' }
  const { source, ...rest } = ask
  const form = new FormData()
  for (const [name, value] of Object.entries(rest))
    if (value !== undefined && !pathParams(row).includes(name)) form.set(name, String(value))
  // Last, so that the service knows the fields before the bytes arrive.
  form.set('source', source as Blob)
  return { body: form }
}

const read = async (response: Response): Promise<unknown> => {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}

const errorOf = (answer: unknown): { code: string; description: string } => {
  const { error } = (answer ?? {}) as { error?: { code?: unknown; description?: unknown } }
  if (typeof error?.code === 'string') return { code: error.code, description: String(error.description ?? '') }
  return { code: 'unreadable_answer', description: 'The answer did not come from the service, or was cut off.' }
}
