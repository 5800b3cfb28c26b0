/** The typed client for web pages, apps and programs: one function per operation, and the session.
 * It imports only its own tables, so it runs wherever there is a `fetch`. Numbers above 15 digits
 * are rounded, as by every `JSON.parse`. */
import { type Answered, type CallOptions, ClientError, type GuardedOptions, type Meta, metaOf } from './client-call.ts'
import { calls, type Operations, type SessionView, type Tokens } from './client-operations.ts'

export { type Answered, type CallOptions, ClientError, type GuardedOptions, type Meta, type RecordedOptions } from './client-call.ts'
export type * from './client-operations.ts'

/** The answer of a refresh by cookie; the new cookie is in its headers. */
export interface RenewedCookie {
  readonly sessionId: string
  /** ISO 8601. */
  readonly expiresAt: string
}

/** `endSession`: address for signing out at the identity provider too; the page has to open it. */
export interface SignedOut {
  readonly endSession?: string
}

export interface Client extends Operations {
  /** The session and its person. Does not count as activity. */
  session(options?: CallOptions): Promise<Answered<SessionView>>
  /**
   * Signs out: the session ends everywhere at once, and the cookie is cleared.
   * @throws ClientError, beside what any call may meet: `csrf`
   */
  signOut(options?: CallOptions): Promise<Answered<SignedOut>>
  /**
   * With a refresh token: the next pair of tokens. Without: a new cookie with the person's present
   * roles. Calls at one time share a request.
   * @throws ClientError, beside what any call may meet: `invalid_grant` (sign in again)
   */
  refresh(refreshToken: string): Promise<Answered<Tokens>>
  refresh(): Promise<Answered<RenewedCookie>>
}

export interface ClientOptions {
  /** Address of the service: `/bff` on the page's own origin, or an absolute URL. */
  readonly base: string
  readonly fetch?: typeof fetch
  /**
   * For apps and programs; a web page has its cookie. A function is called before each request, and
   * once more with the refused token after a 401; then the call is repeated.
   * Calls refused together call it once.
   */
  readonly token?: string | ((refused?: string) => string | Promise<string>)
  /** Repeats of a call that got no answer, 429, 502 or 503; by default 2. Only reads, and calls
   * with an `idempotencyKey`. Waits above 10 s are left to you. */
  readonly retries?: number
}

interface Sent extends Pick<RequestInit, 'method' | 'body' | 'credentials'> {
  readonly signal?: AbortSignal | undefined
  readonly path: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** True when a repeat does no harm. */
  readonly safe?: boolean
  readonly fetch?: typeof fetch | undefined
}

export const createClient = ({ base, fetch: send = fetch, token, retries = 2 }: ClientOptions): Client => {
  const shared = singleFlight()

  const sendOnce = async <T>(
    { path, headers, safe: _safe, fetch: own = send, ...call }: Sent,
    bearer: string | undefined,
  ): Promise<Answered<T>> => {
    const response = await own(base + path, {
      // A bearer call must not carry the page's cookie as well.
      credentials: bearer === undefined ? 'same-origin' : 'omit',
      cache: 'no-store',
      redirect: 'error',
      headers: present({ 'X-BFF-CSRF': '1', ...headers, Authorization: bearer && `Bearer ${bearer}` }),
      ...(call as RequestInit),
    })
    const meta = metaOf(response)
    const answer = await read(response)
    if (!response.ok || answer === undefined) throw errorOf(meta, answer)
    return Object.defineProperty(answer, 'meta', { value: meta }) as Answered<T>
  }

  const sendRepeatedly = async <T>(call: Sent, bearer: string | undefined, tries = 0): Promise<Answered<T>> => {
    try {
      return await sendOnce<T>(call, bearer)
    } catch (error) {
      const { safe, signal } = call
      const seconds = safe && tries < retries && !signal?.aborted ? pause(error, tries) : undefined
      if (seconds !== undefined) await sleep(seconds, signal)
      // WebKit and React Native tell of the end that the caller made without the caller's reason.
      if (signal?.aborted) throw signal.reason ?? error
      if (seconds === undefined) throw error
      return await sendRepeatedly(call, bearer, tries + 1)
    }
  }

  const run = async <T>(call: Sent): Promise<Answered<T>> => {
    if (typeof token !== 'function') return await sendRepeatedly(call, token)
    const bearer = await token()
    try {
      return await sendRepeatedly(call, bearer)
    } catch (error) {
      if ((error as Partial<ClientError>).code !== 'unauthorized') throw error
      // Another call may have renewed the token meanwhile.
      const present = await token()
      const next = present === bearer ? await shared(bearer, async () => token(bearer)) : present
      if (next === bearer) throw error
      return await sendRepeatedly(call, next)
    }
  }

  const operation =
    (row: string, below = '') =>
    async <T>(ask: Ask, { signal, fetch, ...why }: GuardedOptions = {}): Promise<Answered<T>> => {
      const [method = '', path = '', ...facts] = row.split(' ')
      const is = (fact: string) => facts.includes(fact)
      return await run({
        method,
        path: below + targetOf(path, ask),
        signal,
        fetch,
        headers: { ...(is('json') && json), ...headersOf(why) },
        body: is('json') ? JSON.stringify(ask['body']) : is('form') ? formOf(path, ask) : null,
        safe: is('safe') || (is('key') && !!why.idempotencyKey),
      })
    }

  const operations = Object.fromEntries(Object.entries(calls).map(([id, row]) => [id, operation(row, '/v1.1')])) as unknown as Operations
  return {
    ...operations,
    session: (options) => operation('GET /auth/session safe')({}, options),
    signOut: (options) => operation('DELETE /auth/session')({}, options),
    refresh: (refreshToken?: string) =>
      shared(`refresh ${refreshToken}`, () => {
        const mobile = { headers: json, body: JSON.stringify({ refresh_token: refreshToken }), credentials: 'omit' } as const
        return sendOnce<never>({ method: 'POST', path: '/auth/refresh', ...(refreshToken !== undefined && mobile) }, undefined)
      }),
  }
}

type Ask = Readonly<Record<string, unknown>>

const json = { 'Content-Type': 'application/json' }

const singleFlight = () => {
  const flights = new Map<string, Promise<unknown>>()
  return <T>(key: string, begin: () => Promise<T>): Promise<T> => {
    const flight = (flights.get(key) as Promise<T> | undefined) ?? begin().finally(() => flights.delete(key))
    flights.set(key, flight)
    return flight
  }
}

const idsIn = /:(\w+)/g

const targetOf = (row: string, ask: Ask): string => {
  const [path = '', query] = row.split('?')
  const target = path.replace(idsIn, (_all, name: string) => segment(name, ask[name]))
  return query ? `${target}?${new URLSearchParams({ [query]: String(ask[query]) })}` : target
}

/** Throws for `.` and `..`, which a URL folds away, so that another call would be made. */
const segment = (name: string, value: unknown): string => {
  if (typeof value !== 'string' || /^\.{0,2}$/.test(value)) throw new TypeError(`${name} must be an id`)
  return encodeURIComponent(value)
}

const formOf = (path: string, { source, ...fields }: Ask): FormData => {
  // React Native's has no `set`.
  const form = new FormData()
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined && !path.includes(`:${name}`)) form.append(name, String(value))
  // Last, so that the service has the fields before the bytes arrive.
  form.append('source', source as Blob)
  return form
}

const headersOf = ({ reason, ticket, note, idempotencyKey }: GuardedOptions): Sent['headers'] => ({
  'Audit-Reason': reason,
  'Audit-Ticket': ticket,
  // Encoded, since a header holds ASCII only.
  'Audit-Note': note && encodeURIComponent(note),
  'Idempotency-Key': idempotencyKey,
})

const present = (headers: NonNullable<Sent['headers']>): [string, string][] =>
  Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined)

const read = async (response: Response): Promise<object | undefined> =>
  response.status === 204 ? {} : await response.json().then(Object, () => undefined)

const errorOf = (meta: Meta, answer: unknown): ClientError => {
  const error = (answer as { error?: { code?: unknown; description?: unknown } } | undefined)?.error
  if (typeof error?.code === 'string') return new ClientError(meta, error.code, String(error.description ?? ''))
  return new ClientError(meta, 'unreadable_answer', 'No answer of the service.')
}

/** Seconds until a repeat; undefined when a repeat would not help. */
const pause = (error: unknown, tries: number): number | undefined => {
  const backoff = (0.2 + Math.random() * 0.2) * 2 ** tries
  const { status = 0, code, retryAfter = backoff } = error as Partial<ClientError>
  // 0: there was no answer; below 300 it broke off. `operation_pending`: the first call with this
  // key still runs.
  const helps = status < 300 || [429, 502, 503].includes(status) || code === 'operation_pending'
  return helps && retryAfter <= 10 ? retryAfter : undefined
}

const sleep = (seconds: number, signal: Sent['signal']): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      // A signal may outlive many calls.
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, seconds * 1000)
    signal?.addEventListener('abort', end)
  })
