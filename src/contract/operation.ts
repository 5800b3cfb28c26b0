/** The type of a row of the operations table, and four builders with which an unsafe row cannot be
 * written. No runtime import: browsers use it. */
import type { Answer } from './answers.ts'
import type { Body } from './schemas.ts'

export type Role = 'user' | 'agent' | 'admin' | 'auditor' | 'service'

/** Who may call a row. `self` is the role `user` acting on its own app user. */
export type Caller = 'self' | 'agent' | 'admin' | 'service'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Where the call names its person: in the path, in the body, or two in the body (a merge). */
type SubjectIn = 'path' | 'body' | 'both'

interface Facts {
  readonly by: readonly [Caller, ...Caller[]]
  readonly returns: Answer
  /** Absent: 200. */
  readonly status?: 201
  /** Names of query parameters; all are required. */
  readonly query?: readonly 'integrationIds'[]
  /** Callers who may link a channel unconfirmed by its owner, which can merge that person away. */
  readonly immediate?: readonly [Caller, ...Caller[]]
}
interface Takes {
  readonly takes?: Body
  /** Absent: `path`. */
  readonly subject?: SubjectIn
}
/** The person who is gone once the call succeeded: all sessions of that person end. */
interface Removes {
  readonly removes?: 'subject' | 'discarded'
}

// Each builder fixes the columns that decide about safety: only `read` may be cached; `guarded`
// always invalidates and is always journalled.
export const read = <const P extends string, const R extends Facts & { cache?: 'store' }>(method: 'GET', path: P, rest: R) =>
  ({ effect: 'read', journal: 'none', method, path, ...rest }) as const
export const reveal = <const P extends string, const R extends Facts>(method: 'GET', path: P, rest: R) =>
  ({ effect: 'reveal', journal: 'recorded', cache: 'never', method, path, ...rest }) as const
export const write = <const P extends string, const R extends Facts & Takes & { cache?: 'invalidate' }>(
  method: 'POST' | 'PUT',
  path: P,
  rest: R,
) => ({ effect: 'write', journal: 'recorded', method, path, ...rest }) as const
export const guarded = <const P extends string, const R extends Facts & Takes & Removes>(method: 'POST' | 'DELETE', path: P, rest: R) =>
  ({ effect: 'guarded', journal: 'guarded', cache: 'invalidate', method, path, ...rest }) as const

export interface Row extends Facts, Takes, Removes {
  readonly effect: 'read' | 'reveal' | 'write' | 'guarded'
  readonly journal: 'none' | 'recorded' | 'guarded'
  readonly cache?: 'store' | 'never' | 'invalidate'
  readonly method: Method
  readonly path: string
}

export interface Operation extends Row {
  /** The vendor's name of the operation. */
  readonly id: string
}

/** A call that destroys or may: it needs a permit of the journal. */
export type GuardedOperation = Operation & { readonly effect: 'guarded' }
export type UnguardedOperation = Operation & { readonly effect: Exclude<Row['effect'], 'guarded'> }

/** Classes of limits; their numbers are settings. */
export type LimitClass = 'reads' | 'writes' | 'guarded' | 'images' | 'codes' | 'links'

const classes = { read: 'reads', reveal: 'codes', write: 'writes', guarded: 'guarded' } as const

const byBody: Partial<Record<Body, LimitClass>> = { ImageUpload: 'images', AppUserLink: 'links' }

export const limitClass = (row: Row): LimitClass => (row.takes && byBody[row.takes]) ?? classes[row.effect]

/** Milliseconds for the upstream's whole answer. */
export const timeLimit = (row: Row): number =>
  row.takes === 'ImageUpload' ? 60_000 : row.effect === 'write' || row.effect === 'guarded' ? 15_000 : 8_000

/** By which the clock of a provider or backend may be ahead of ours. */
export const maxAheadSeconds = 60

/** Names of the parameters in a row's path, in order. */
export const pathParams = ({ path }: Pick<Row, 'path'>): string[] => [...path.matchAll(/:(\w+)/g)].map((match) => match[1]!)

/** HEAD is answered like GET, except where that makes something. */
export const takesHead = ({ effect }: Row): boolean => effect === 'read'

/** Guarded calls, and the one that creates: a repeat of any other does no harm. */
export const takesIdempotencyKey = ({ effect, subject }: Row): boolean => effect === 'guarded' || subject === 'body'
