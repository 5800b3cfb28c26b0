/** The contract for refresh families: one-time refresh tokens of which each names its successor, and the short access session that comes with each. */
import type { SessionRef } from './contract.ts'

/** The access session that a refresh token brings; it lies under the family's tag. */
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
}

export interface FamilyTimes {
  readonly createdMs: number
  readonly expiresMs: number
  readonly accessExpiresMs: number
}

export interface Refresh {
  readonly sid: string
  /** Store keys of the token that is shown and of the one to follow. */
  readonly token: string
  readonly next: string
  readonly access: Access
  readonly graceMs: number
}

/** `same`: shown again within the grace, so `next` is what followed it then. `reused`: shown again later, and the family has ended for it. */
export type RefreshResult =
  | ({ readonly outcome: 'new' | 'same'; readonly next: string } & FamilyTimes)
  | { readonly outcome: 'reused' | 'over' }

export interface FamilyStore {
  createFamily(place: SessionRef, family: NewFamily): Promise<FamilyTimes>
  /** The sealed record if the family lives, and the roles mark of its person. */
  readFamily(place: SessionRef, app?: string): Promise<{ sealed: string; roles: string | undefined } | undefined>
  /** Moves the family on by one token, in one step. */
  refresh(place: SessionRef, refresh: Refresh): Promise<RefreshResult>
  /** Ends the family with its access sessions. False when it had ended before. */
  endFamily(place: SessionRef, sid: string): Promise<boolean>
}

/** How long the access token of before goes on, for the calls that are in flight with it. */
export const overlapMs = 20_000
