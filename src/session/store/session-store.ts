/** The contract of a session store. Times are in ms since 1970, by its own clock, which also
 * decides limits. While it is down methods reject soon; see `openSessionStore`. */
import type { Used } from '../../http/rate-limit.ts'
import type { SessionRef } from '../record.ts'
import type { FamilyStore } from './family-store.ts'

/** A count of uses in a window; the caller knows how many are allowed. */
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
  /** Sealed values that requests do not need, base64. */
  readonly extra?: string | undefined
  /** The app's tag: a new session begins after the last end of all of its app. */
  readonly app?: string | undefined
}

export interface StoredSession {
  readonly sealed: string
  readonly createdMs: number
  /** The absolute end. */
  readonly expiresMs: number
  /** When it was found. */
  readonly nowMs: number
  /** Keyed name of the person's smoochId, once known. */
  readonly smooch?: string | undefined
  /** True when the person was deleted or merged away since the session began. */
  readonly gone: boolean
  /** The person's roles as last changed, sealed; absent when nobody changed them. */
  readonly roles?: string | undefined
  readonly used?: Used | undefined
  /** The cache's answer for the person's user; only where sessions and cache share a node. */
  readonly prefetched?: readonly string[] | undefined
}

export interface Listed {
  readonly sid: string
  readonly index: string
  readonly createdMs: number
  readonly expiresMs: number
}

/** Marks, which outlive sessions. Of a person: `smooch` = keyed name of the smoochId, `gone` = time
 * of a delete or merge, `roles` = sealed roles, `notBefore` = time of the last `endAll`. Of a
 * provider's logout: `gone` = its arrival, `heard` = logouts so far, `signedOut` = its time by that
 * clock. */
type MarkName = 'smooch' | 'gone' | 'roles' | 'notBefore' | 'heard' | 'signedOut'
type SettableMark = Exclude<MarkName, 'notBefore' | 'gone' | 'heard' | 'signedOut'>

interface EnterOptions {
  readonly touch: boolean
  readonly limit?: Window | undefined
  /** The app's tag: its `notBefore` counts too. */
  readonly app?: string | undefined
  /** The token of a lookup in the cache, when one is wanted. */
  readonly prefetch?: string | undefined
}

export interface SessionStore extends FamilyStore {
  create(place: SessionRef, session: NewSession): Promise<{ createdMs: number; expiresMs: number }>
  /** One round trip: the record if the session lives, its idle touch, the person's marks, one use
   * of a limit, and with `prefetch` a lookup in the cache. */
  enter(place: SessionRef, options: EnterOptions): Promise<StoredSession | undefined>
  /** Replaces a live record by that of a new token. `createdMs` stays, so earlier marks hold; the
   * absolute end comes no later. Undefined when it had ended. Repeatable. */
  rotate(old: SessionRef, key: string, session: NewSession): Promise<{ createdMs: number; expiresMs: number } | undefined>
  /** The sealed values of `extra`. */
  extra(place: SessionRef): Promise<string | undefined>
  /** Time of last use of each record; undefined for one that has ended. */
  lastSeen(tag: string, records: readonly { key: string; family: boolean }[]): Promise<(number | undefined)[]>
  /** False when it had ended before. */
  end(place: SessionRef, sid: string): Promise<boolean>
  /** Ends every session of the person, or of the app, that exists now, also one that began later
   * than it is now, since the clock was set back; a later sign-in revives none. */
  endAll(tag: string): Promise<void>
  /** Sessions begun by then have ended with their person or their app; 0 when none have. */
  endedBy(tag: string): Promise<number>
  mark(tag: string, mark: SettableMark, value: string): Promise<void>
  /** Sets `gone` to now, later than it was, and to no earlier than the person's latest session
   * began. Kept by the id of the removal until it is taken back or all sessions are ended. */
  markGone(tag: string, removal: string): Promise<void>
  /** Takes back what this removal set, or is yet to set: what was sent may come late. `gone` is
   * then what the others say. */
  unmarkGone(tag: string, removal: string): Promise<void>
  /** Logouts of providers that have been heard so far: an order that no clock can turn round. */
  logouts(): Promise<number>
  /** Counts one more; returns how many there are with it. */
  addLogout(): Promise<number>
  /** Sets `gone` to now, and `heard` and `signedOut` to the later of what it was and this. */
  markSignedOut(tag: string, logout: { readonly heard: number; readonly saidAt: number }): Promise<void>
  unmark(tag: string, mark: SettableMark): Promise<void>
  readMark(tag: string, mark: MarkName): Promise<string | undefined>
  /** Counts one use outside a session, e.g. of an address. */
  use(tag: string, limit: Window): Promise<Used>
  /** The uses so far; counts none. */
  used(tag: string, limit: Window): Promise<Used>
  /** Live sessions listed under a tag: a person's, or `services`. */
  list(tag: string): Promise<Listed[]>
  addToList(tag: string, listed: Listed): Promise<void>
  removeFromList(tag: string, sid: string): Promise<void>
  /** Stores a value for a time unless there is another; returns that one. A claim brings a
   * value of its own, so that a repeat of the same call is no claim by another. */
  claim(tag: string, name: string, value: string, ttlMs: number): Promise<string | undefined>
  /** The value that is kept. */
  get(tag: string, name: string): Promise<string | undefined>
  /** Gives a claim free, also one that is yet to come: what was sent may come late. */
  unclaim(tag: string, name: string, value: string): Promise<void>
  /** Overwrites a value. */
  put(tag: string, name: string, value: string, ttlMs: number): Promise<void>
  /** Stores a number unless a higher one is there. */
  raise(tag: string, name: string, value: number, ttlMs: number): Promise<void>
  /** By the clock of the marks. */
  now(): Promise<number>
  ping(): Promise<void>
  close(): void
}

/** By then a command has come or never will: the system sends the rest of a cut connection. */
export const latestMs = 5 * 60 * 1000

/** Lifetime of a person's marks: longer than any session or refresh family. */
export const markTtlMs = 100 * 24 * 60 * 60 * 1000
