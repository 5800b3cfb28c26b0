/** The contract of a session store. All times are the store's own clock, in milliseconds since 1970; all limits are decided there. Every method rejects quickly when the store is away. */

import type { Used } from '../../http/rate-limit.ts'
import type { FamilyStore } from './refresh-contract.ts'

/** Where a session lies: SHA-256 of its jti, and the hash tag of its person. */
export interface SessionRef {
  readonly key: string
  readonly tag: string
}

/** A count of uses within a window; how many are allowed is the caller's matter. */
export interface Window {
  readonly name: string
  readonly windowMs: number
}

export interface NewSession {
  readonly sid: string
  /** The sealed record, base64. */
  readonly sealed: string
  /** The sealed index entry, base64. */
  readonly index: string
  readonly idleMs: number
  readonly absoluteMs: number
  /** Sealed particulars that no request needs, base64. */
  readonly extra?: string | undefined
}

export interface StoredSession {
  readonly sealed: string
  readonly createdMs: number
  /** The absolute end. */
  readonly expiresMs: number
  /** Keyed name of the person's smoochId, once it has been learnt. */
  readonly smooch?: string | undefined
  /** True when the person was deleted or merged away since the session began. */
  readonly gone: boolean
  /** The person's roles as last changed, sealed; absent when nobody changed them. */
  readonly roles?: string | undefined
  readonly used?: Used | undefined
  /** What the cache says of the person's user, in its words; where session and cache lie on the same node. */
  readonly prefetched?: readonly string[] | undefined
}

export interface Listed {
  readonly sid: string
  readonly index: string
  readonly createdMs: number
  readonly expiresMs: number
}

/** A mark of a person that outlives sessions: `smooch` = keyed name of the smoochId, `gone` = deleted or merged away at that time, `roles` = the roles as last changed, sealed. `notBefore`, when all sessions were last ended, is set by `endAll`. Of what an identity provider signed out: `gone` = when we heard of it, `signedOut` = when it was said, by its clock. */
export type PersonFlag = 'smooch' | 'gone' | 'roles' | 'notBefore' | 'signedOut'
type SetFlag = Exclude<PersonFlag, 'notBefore' | 'signedOut'>

export interface EnterOptions {
  readonly touch: boolean
  readonly limit?: Window | undefined
  /** The app's tag: its not-before mark counts too. */
  readonly app?: string | undefined
  /** The token of a look for the person's user in the cache, when one is wanted. */
  readonly prefetch?: string | undefined
}

export interface SessionStore extends FamilyStore {
  create(place: SessionRef, session: NewSession): Promise<{ createdMs: number; expiresMs: number }>
  /** One round trip: the record if the session lives, its idle touch, the person's marks, one use of a limit, and with `prefetch` a lookup of the person's user in the cache. */
  enter(place: SessionRef, options: EnterOptions): Promise<StoredSession | undefined>
  /** Puts a new token's record in the old one's place if that still lives. The beginning stays, so every mark since holds for the new one too, and the absolute end comes no later. */
  rotate(old: SessionRef, key: string, session: NewSession): Promise<{ createdMs: number; expiresMs: number } | undefined>
  /** The sealed particulars of a session. */
  extra(place: SessionRef): Promise<string | undefined>
  /** When each record of a person was last used; undefined for one that lives no more. */
  lastSeen(tag: string, records: readonly { key: string; family: boolean }[]): Promise<(number | undefined)[]>
  /** False when it had ended before. */
  end(place: SessionRef, sid: string): Promise<boolean>
  /** Ends every session of the person that exists now; no later sign-in revives one. */
  endAll(tag: string): Promise<void>
  mark(tag: string, mark: SetFlag, value: string): Promise<void>
  /** Sets `gone` to now. */
  markGone(tag: string): Promise<void>
  /** Sets `gone` to now, and `signedOut` to the later of what it was and this. */
  markSignedOut(tag: string, saidAt: number): Promise<void>
  unmark(tag: string, mark: SetFlag): Promise<void>
  readMark(tag: string, mark: PersonFlag): Promise<string | undefined>
  /** Uses a limit outside a session, e.g. of an address. */
  use(tag: string, limit: Window): Promise<Used>
  /** The uses so far, without another one. */
  used(tag: string, name: string): Promise<Used>
  /** Sessions listed under a tag (a person's, or `services`), without those that have ended by time. */
  list(tag: string): Promise<Listed[]>
  addToList(tag: string, listed: Listed): Promise<void>
  removeFromList(tag: string, sid: string): Promise<void>
  /** Keeps a value for a time unless one is there; gives the one that was. */
  claim(tag: string, name: string, value: string, ttlMs: number): Promise<string | undefined>
  /** The value that is kept. */
  get(tag: string, name: string): Promise<string | undefined>
  /** Puts a value in its place; 0 milliseconds remove it. */
  put(tag: string, name: string, value: string, ttlMs: number): Promise<void>
  /** By the clock of the marks. */
  now(): Promise<number>
  ping(): Promise<void>
  close(): void
}

/** How long a person's marks are kept: longer than any session or refresh family lives. */
export const markTtlMs = 100 * 24 * 60 * 60 * 1000
