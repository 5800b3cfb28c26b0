/** Events of the journal: shape, ids, encoding to bytes, and the state of an operation by them. */
import { randomUUIDv7 } from 'node:crypto'

type Kind = 'intent' | 'outcome' | 'denied' | 'resolved' | 'viewed' | 'erased' | 'system'
/** `success`: accepted by the upstream, whose deletion may be completed later. */
export type Outcome = 'success' | 'failure' | 'not_sent' | 'unknown'
export type Verdict = 'applied' | 'not_applied' | 'indeterminate'
/** Derived, never stored. `contradiction`: an outcome came after a verdict. */
export type State = 'pending' | Outcome | Verdict | 'denied' | 'contradiction'

/** States that the reconciler or a person must still settle. */
export const openStates = ['pending', 'unknown', 'indeterminate', 'contradiction'] as const satisfies readonly State[]

/** States of operations that have changed nothing. */
export const statesWithoutEffect: readonly State[] = ['denied', 'failure', 'not_sent', 'not_applied']

export const isOpen = (state: State): boolean => (openStates as readonly State[]).includes(state)

export interface Target {
  readonly role: 'subject' | 'surviving' | 'discarded'
  readonly type: 'appuser'
  /** A random pseudonym; the erasable part says of whom. */
  readonly subject?: string
  readonly smoochId?: string
}

export interface ActorFacts {
  readonly type: 'user' | 'staff' | 'service' | 'system'
  /** For staff and programs unique within the issuer; for an end user a pseudonym. */
  readonly id: string
  readonly roles?: readonly string[]
  readonly auth?: { readonly method: string; readonly session?: string; readonly acr?: string; readonly at?: string }
  /** A pseudonym. */
  readonly onBehalfOf?: string | null
}

export interface Event {
  readonly v: 1
  readonly id: string
  readonly kind: Kind
  readonly time: string
  readonly action: string
  readonly operation?: { readonly id: string; readonly key?: string; readonly instance?: string; readonly deadline?: string }
  readonly tenant?: string
  readonly actor?: ActorFacts
  readonly targets?: readonly Target[]
  /** `note`: there is one, in the sealed part. */
  readonly reason?: { readonly code?: string; readonly ticket?: string; readonly note?: 'sealed' }
  /** Names of the fields that a plain change writes. */
  readonly changed?: readonly string[]
  readonly policy?: Readonly<Record<string, string>>
  readonly request?: { readonly method: string; readonly path: string; readonly digest: string }
  readonly before?: {
    readonly state: 'captured' | 'unavailable'
    readonly commitment?: string
    readonly fields?: readonly string[]
    readonly until?: string
    /** The sealed part holds the values before and after, of an update. */
    readonly after?: true
  }
  readonly context?: Readonly<Record<string, string>>
  /** SHA-256(salt ‖ sealed part): binds the erasable part to the event. */
  readonly sealed?: string
  readonly outcome?: Outcome
  /** True for an outcome without an intent, as of operations of the effect `recorded`. */
  readonly recorded?: true
  readonly upstream?: {
    readonly status: number | null
    readonly code?: string | null
    readonly durationMs?: number
    readonly requestId?: string
    readonly sent: boolean
  }
  readonly response?: { readonly status: number }
  /** Commitment to the sealed answer, which a repeat of the Idempotency-Key gets. */
  readonly answer?: string
  readonly intentIndex?: number
  readonly verdict?: Verdict
  readonly evidence?: Readonly<Record<string, unknown>>
  readonly by?: string
  /** Further attempts that this event stands for. */
  readonly count?: number
  /** Particulars of `system`, `viewed` and `erased` events. */
  readonly facts?: Readonly<Record<string, unknown>>
}

const headerFields = ['id', 'kind', 'time', 'action', 'tenant', 'operation', 'outcome', 'recorded', 'verdict', 'facts'] as const

/** The fields that the rules of the log use. */
export type EventHeader = Pick<Event, (typeof headerFields)[number]>

export const eventHeaderOf = (event: Event): EventHeader =>
  Object.fromEntries(headerFields.map((name) => [name, event[name]])) as unknown as EventHeader

/** True for the first event of an operation. */
export const beginsOperation = ({ kind, recorded }: Pick<Event, 'kind' | 'recorded'>): boolean =>
  kind === 'intent' || kind === 'denied' || recorded === true

/** True when readers of this app may see the event: its own, or one of the whole journal. */
export const isFor = (app: string, { tenant, kind }: Pick<Event, 'tenant' | 'kind'>): boolean =>
  tenant === app || (tenant === undefined && kind === 'system')

export const newId = (prefix: 'evt' | 'op' | 'i'): string => `${prefix}_${randomUUIDv7()}`

const maxBytes = 16_384
const maxText = 512

// C1 controls, zero-width and bidirectional marks, line separators, the byte order mark: characters
// that make a log line look different from what it is.
const unsafeCharacters = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g
/** Finds whatever is not plain ASCII, and the backslash, which begins an escape. */
const unusual = /[^ -[\]-~]/
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

const clean = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'string') return value
  // Well-formed, since PostgreSQL's jsonb has no U+0000 and no lone surrogate.
  const text = value.toWellFormed()
  const safe = text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text
  return safe.length > maxText ? `${safe.slice(0, maxText).toWellFormed()}…` : safe
}

/** True when two quotation marks stand too far apart. */
const hasLongText = (body: string): boolean => {
  for (let at = 0; at + maxText < body.length; ) {
    const next = body.lastIndexOf('"', at + maxText + 1)
    if (next <= at) return true
    at = next
  }
  return false
}

/** JSON with a replacer only where needed: it is slow, and few events have anything to replace. */
const jsonOf = (event: Event): string => {
  const body = JSON.stringify(event)
  return unusual.test(body) || hasLongText(body) ? JSON.stringify(event, clean).replace(unsafeCharacters, escaped) : body
}

/** The bytes that are stored and hashed; never encoded again from the parsed event. */
export function encode(event: Event): string {
  const body = jsonOf(event)
  if (Buffer.byteLength(body) > maxBytes) throw new RangeError(`an event is at most ${maxBytes} bytes`)
  return body
}

export const decode = (body: string | Uint8Array): Event =>
  JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString('utf8')) as Event

/** Search tokens of an event: pseudonyms and vendor's ids of its persons. */
export function tokensOf(event: Event): string[] {
  const named = (event.targets ?? []).flatMap((target) => [target.subject, target.smoochId])
  return [...new Set(named.filter((token): token is string => token !== undefined))]
}

/** The state after one more event; undefined when the event is not allowed (a second outcome, a
 * verdict on a settled operation). */
export function nextState(state: State | undefined, event: EventHeader): State | undefined {
  switch (event.kind) {
    case 'intent':
      return state === undefined ? 'pending' : undefined
    case 'denied':
      return state === undefined ? 'denied' : undefined
    case 'outcome':
      if (event.recorded) return state === undefined ? event.outcome : undefined
      if (state === 'pending') return event.outcome
      return state === 'applied' || state === 'not_applied' || state === 'indeterminate' ? 'contradiction' : undefined
    case 'resolved':
      return state !== undefined && (isOpen(state) || state === 'success') ? event.verdict : undefined
    default:
      return undefined
  }
}
