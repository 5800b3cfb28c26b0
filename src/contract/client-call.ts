/** Options of a call of the typed client, what comes back beside the answer, and the error. */

export interface CallOptions {
  /** Ends the wait. A call that changes something may have taken effect all the same. */
  readonly signal?: AbortSignal | undefined
  /** In place of the client's: `fetchWithProgress` of `smooch-bff/upload` tells of progress. */
  readonly fetch?: typeof fetch | undefined
}

/** Options of calls that the journal records. */
export interface RecordedOptions extends CallOptions {
  /** A code from the setting AUDIT_REASONS; AUDIT_REQUIRED_FOR demands one of some callers. */
  readonly reason?: string | undefined
  /** Of the form in the setting AUDIT_TICKET. */
  readonly ticket?: string | undefined
  /** Free text of at most 2,000 characters, sealed with the personal data. */
  readonly note?: string | undefined
}

export interface GuardedOptions extends RecordedOptions {
  /** 1 to 255 visible ASCII characters, new for each intent (`crypto.randomUUID()`). Within 24 h a
   * repeat gets the first answer; with a key the client repeats unanswered calls. */
  readonly idempotencyKey?: string | undefined
}

/** From the headers of an answer. */
export interface Meta {
  readonly status: number
  /** Names the request in the log of the service. */
  readonly requestId: string | undefined
  /** How the cache treated a read, as RFC 9211 writes it. */
  readonly cacheStatus: string | undefined
  /** The limit that this call counts against: what is left, and seconds until it is full again. */
  readonly rateLimit: { readonly name: string; readonly remaining: number; readonly resetSeconds: number } | undefined
  /** The event of a guarded call. A replay has no `receipt`; `pending`: no outcome on disk yet. */
  readonly audit: { readonly operation: string; readonly receipt: number | undefined; readonly pending: boolean } | undefined
  /** True when this is the first answer for its Idempotency-Key, given again. */
  readonly replayed: boolean
  /** Seconds to wait before a repeat; absent where a repeat could do harm. */
  readonly retryAfter: number | undefined
}

/** The body of the answer; `meta` is not enumerable, so no copy and no JSON holds it. */
export type Answered<Body> = Body & { readonly meta: Meta }

export const metaOf = ({ status, headers }: Response): Meta => {
  const text = (name: string) => headers.get(name) ?? undefined
  const number = (name: string) => (headers.has(name) ? Number(text(name)) : undefined)
  const operation = text('audit-operation')
  const [, name, remaining, resetSeconds] = /"(\w+)";r=(\d+);t=(\d+)/.exec(text('ratelimit') ?? '') ?? []
  return {
    status,
    requestId: text('x-request-id'),
    cacheStatus: text('cache-status'),
    rateLimit: name ? { name, remaining: Number(remaining), resetSeconds: Number(resetSeconds) } : undefined,
    audit: operation ? { operation, receipt: number('audit-receipt'), pending: headers.has('audit-outcome') } : undefined,
    replayed: headers.has('idempotency-replayed'),
    retryAfter: number('retry-after'),
  }
}

/** Any answer other than 2xx, with its headers' words. Without an answer `fetch` rejects. */
export class ClientError extends Error implements Meta {
  /** A stable code; `unreadable_answer` when something between us and the service answered. */
  declare readonly code: string
  declare readonly description: string
  declare readonly status: Meta['status']
  declare readonly requestId: Meta['requestId']
  declare readonly cacheStatus: Meta['cacheStatus']
  declare readonly rateLimit: Meta['rateLimit']
  declare readonly audit: Meta['audit']
  declare readonly replayed: Meta['replayed']
  /** Seconds to wait before a repeat; absent where a repeat could do harm. */
  declare readonly retryAfter: Meta['retryAfter']

  constructor(meta: Meta, code: string, description: string) {
    super(`${code}: ${description}`)
    Object.assign(this, meta, { name: 'ClientError', code, description })
  }
}
