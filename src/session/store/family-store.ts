/** The contract of refresh families: one-time refresh tokens, each naming its successor, and the
 * short access session of each. */
import type { SessionRef } from '../record.ts'

/** The access session of a refresh token, under the family's tag. */
export interface Access {
  readonly key: string
  readonly sealed: string
  readonly lifeMs: number
}

export interface NewFamily {
  readonly sid: string
  readonly sealed: string
  readonly index: string
  readonly idleMs: number
  readonly absoluteMs: number
  /** Store key of the first refresh token. */
  readonly token: string
  readonly access: Access
  /** The app's tag: the family begins after the last end of all of its app. */
  readonly app?: string | undefined
}

export interface FamilyTimes {
  readonly createdMs: number
  readonly expiresMs: number
  readonly accessExpiresMs: number
  /** When this was said. */
  readonly nowMs: number
}

interface Refresh {
  readonly sid: string
  /** Store keys of the token that was sent and of its successor. */
  readonly token: string
  readonly next: string
  readonly access: Access
  readonly graceMs: number
}

/** `same`: again within the grace, with its successor `next`. `reused`: later, and ended by it. */
export type RefreshResult =
  | ({ readonly outcome: 'new' | 'same'; readonly next: string } & FamilyTimes)
  | { readonly outcome: 'reused' | 'over' }

export interface FamilyStore {
  createFamily(place: SessionRef, family: NewFamily): Promise<FamilyTimes>
  /** The sealed record of a live family, and the roles mark of its person. */
  readFamily(place: SessionRef, app?: string): Promise<{ sealed: string; roles: string | undefined } | undefined>
  /** Replaces the token by its successor, atomically. */
  refresh(place: SessionRef, refresh: Refresh): Promise<RefreshResult>
  /** Ends the family with its access sessions. False when it had ended before. */
  endFamily(place: SessionRef, sid: string): Promise<boolean>
}

/** For so long the previous access token works on, for calls in flight. */
export const overlapMs = 20_000
