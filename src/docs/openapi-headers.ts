/** TABLE: headers of requests and answers in the OpenAPI documents, by operation. */
import { exampleIds } from '../contract/ids.ts'
import { type Operation, takesIdempotencyKey } from '../contract/operation.ts'
import type { AnswerHeader } from '../http/endpoint.ts'
import { cookieNames } from '../http/request/cookies.ts'
import { setCookie } from '../session/credentials/headers.ts'

export const ref = (kind: 'examples' | 'headers' | 'parameters' | 'responses', name: string) => ({ $ref: `#/components/${kind}/${name}` })

type Header = readonly [description: string, example: string]

const ofAnswers = {
  'X-Request-Id': ['Names this request in the log of the service', 'req_oQ6pWq0bT1mHc8dV2nKx'],
  RateLimit: ['What is left of the limit, and the seconds until it is full again', '"reads";r=118;t=42'],
  'RateLimit-Policy': ['The limit and its window in seconds', '"reads";q=120;w=60'],
  'Cache-Status': ['How the cache treated the read (RFC 9211)', 'smooch-bff; hit; ttl=21'],
  'Audit-Operation': ['The operation in the journal', exampleIds.operation],
  'Audit-Receipt': ['Where its event stands in the log; absent from a repeated answer', '41'],
  'Audit-Outcome': ['pending: the outcome is not on disk yet', 'pending'],
  'Idempotency-Replayed': ['true: this is the answer of an earlier call', 'true'],
  'Retry-After': ['Seconds to wait; absent where a repeated call could do harm', '5'],
  'WWW-Authenticate': [
    'Bearer; with error="invalid_token" where a token was sent, and error="insufficient_user_authentication" where a fresh sign-in is needed',
    'Bearer error="invalid_token"',
  ],
  Allow: ['The methods of this path', 'GET, HEAD, PUT'],
  'Set-Cookie': ['The session cookie, or what clears it', setCookie('…', cookieNames(true))],
  Location: ['Where to go on', 'https://id.example.com/authorize?…'],
  'Content-Disposition': ['The name of the file', 'attachment; filename="journal.csv"'],
  'Clear-Site-Data': ['As CLEAR_SITE_DATA says', '"cache", "storage"'],
} as const satisfies Readonly<Record<AnswerHeader, Header>> & Readonly<Record<string, Header>>
type Name = keyof typeof ofAnswers

export const headersNamed = (names: readonly Name[]) => Object.fromEntries(names.map((name) => [name, ref('headers', name)]))

const limit = ['RateLimit', 'RateLimit-Policy'] as const
const audit = ['Audit-Operation', 'Audit-Receipt', 'Audit-Outcome'] as const

interface Limited {
  /** Whether its calls count against a limit of the session. */
  readonly limited: boolean
}

/** Headers of an answer of 2xx or 3xx. */
export const answerHeaders = ({ limited }: Limited, own: readonly Name[] = []) =>
  headersNamed(['X-Request-Id', ...(limited ? limit : []), ...own])

/** Headers of a refusal. The address has a limit of its own. */
export const refusalHeaders = ({ limited }: Limited, status: number, own: readonly Name[] = []) =>
  headersNamed([
    'X-Request-Id',
    ...(limited || status === 429 ? limit : []),
    ...(status === 429 || status === 503 ? (['Retry-After'] as const) : []),
    ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
    ...own,
  ])

const repeated = 'Idempotency-Replayed'
const isGuarded = (row: Operation): boolean => row.effect === 'guarded'

/** Of an operation, beside those of every answer. */
export const operationHeaders = (row: Operation): readonly Name[] => [
  ...(isGuarded(row) ? audit : []),
  ...(row.cache === 'store' ? (['Cache-Status'] as const) : []),
  ...(takesIdempotencyKey(row) ? ([repeated] as const) : []),
]

/** Refusals before the intent: of a body that does not arrive, of a type, of the limit. */
const unrecordedRefusals = [408, 415, 429]
/** Refusals of the vendor, which are kept for repeats. */
const replayedRefusals = [400, 402, 404, 409, 413, 423, 503]

export const operationRefusalHeaders = (row: Operation, status: number): readonly Name[] => [
  ...(isGuarded(row) && !unrecordedRefusals.includes(status) ? audit : []),
  ...(takesIdempotencyKey(row) && replayedRefusals.includes(status) ? ([repeated] as const) : []),
]

const ofRequests = {
  csrf: ['X-BFF-CSRF', 'Needed, with the value 1, when the session travels in the cookie', '1', { const: '1' }],
  reason: ['Audit-Reason', 'Why: a code from AUDIT_REASONS. Some callers must give one', 'gdpr_request', {}],
  ticket: ['Audit-Ticket', 'The ticket, in the form of AUDIT_TICKET', 'PRIV-2231', {}],
  note: ['Audit-Note', 'Free text of at most 2,000 characters, as percent-encoded UTF-8', 'asked%20by%20phone', {}],
  idempotencyKey: [
    'Idempotency-Key',
    'New for each intent. Within 24 hours a repeat gets the first answer',
    'b1f0d7c4-2f0e-4c36-9a53-6b1f5f1c9f11',
    { pattern: '^[!-~]{1,255}$' },
  ],
} as const satisfies Readonly<Record<string, readonly [name: string, description: string, example: string, schema: object]>>

/** Names of the parameters for the headers that a call of the operation may bring. */
export const requestHeadersOf = (row: Operation): (keyof typeof ofRequests)[] => [
  'csrf',
  ...(row.journal === 'none' ? [] : (['reason', 'ticket', 'note'] as const)),
  ...(takesIdempotencyKey(row) ? (['idempotencyKey'] as const) : []),
]

export const headerComponents = Object.fromEntries(
  Object.entries(ofAnswers).map(([name, [description, example]]) => [name, { description, schema: { type: 'string' as const }, example }]),
)

export const headerParameters = Object.fromEntries(
  Object.entries(ofRequests).map(([id, [name, description, example, schema]]) => [
    id,
    { name, in: 'header' as const, required: false, description, schema: { type: 'string' as const, ...schema }, example },
  ]),
)
