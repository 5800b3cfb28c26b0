/** What a session is: its sealed record, what a request finds, and their names in the store. */
import { hash } from 'node:crypto'
import type { Role } from '../contract/operation.ts'
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import { memo } from '../platform/memo.ts'
import type { Kind, Scope } from './credentials/token.ts'

export interface Actor {
  readonly id: string
  readonly name?: string | undefined
}

export interface SessionRecord {
  /** The public id, for lists and revocation. */
  readonly sid: string
  readonly app: string
  /** Absent for staff and programs that are no app user. */
  readonly userId?: string | undefined
  readonly actor: Actor
  readonly onBehalfOf?: string | undefined
  readonly roles: readonly Role[]
  readonly kind: Kind
  readonly scope: Scope
  /** Time of the last sign-in, in seconds since 1970. */
  readonly authTime: number
  /** Calls per minute, when the mint set them. */
  readonly limit?: number | undefined
  /** Reason and ticket of calls that give none: set for a program when its session is minted. */
  readonly audit?: { readonly reason?: string | undefined; readonly ticket?: string | undefined } | undefined
  /** How it came about: `mint:`, `oidc:` or `exchange:` and the name of the key or provider. */
  readonly method: string
  /** Browser and system in a few words, for the person's own list. */
  readonly device?: string | undefined
  /** The session at the identity provider: for its logout tokens and for signing out there. */
  readonly provider?: ProviderSession | undefined
  /** Version of the roles mark that these roles already follow. */
  readonly rolesVersion?: string | undefined
  /** The cap of the service key that minted it: changed roles give no more. */
  readonly cap?: readonly Role[] | undefined
  /** Store key of the refresh family of an access session. */
  readonly family?: string | undefined
}

export interface ProviderSession {
  readonly id: string
  readonly issuer: string
  readonly sub: string
  readonly sid?: string | undefined
  /** When the person proved it there, or the exchanged token was issued, by its own clock. */
  readonly provedAt?: number | undefined
  /** The claim that gives roles, when it was not sent: staff are told why they are none. */
  readonly absentRoles?: string | undefined
}

/** The place of a session: SHA-256 of its jti, and the hash tag of its person. */
export interface SessionRef {
  readonly key: string
  readonly tag: string
}

/** The roles of a person as last changed, a mark that every request reads. */
export interface RolesMark {
  readonly version: string
  readonly roles: readonly Role[]
  /** By the store's clock, in milliseconds since 1970. */
  readonly at: number
}

/** The session of a request: its record, with what has changed since. */
export interface Session extends SessionRecord {
  /** As it was sealed. */
  readonly record: SessionRecord
  readonly place: SessionRef
  /** The app's tag, for the mark that ends all its sessions. */
  readonly appTag: string
  readonly createdMs: number
  readonly expiresMs: number
  readonly smooch: string | undefined
  /** The roles as last changed, when that was after this session began. */
  readonly rolesMark: RolesMark | undefined
  /** When it was found, by the store's clock. */
  readonly foundMs: number
  /** True when it began with a staff role, even if the role was taken since. */
  readonly staff: boolean
  /** True when the whole request had arrived at the look-up: then no second one is needed. */
  readonly afterBody: boolean
}

/** The part that is readable without the token: enough to list and end a session. */
export interface IndexEntry {
  readonly key: string
  readonly tag: string
  readonly app: string
  readonly kind: Kind
  /** The actor's name, else the id. */
  readonly actor: string
  /** Absent when it is `actor`, and in entries that an earlier version wrote. */
  readonly actorId?: string | undefined
  readonly roles: readonly Role[]
  readonly device?: string | undefined
  /** Of the session at its provider. */
  readonly providerSid?: string | undefined
  readonly provedAt?: number | undefined
  /** True when `key` is that of a refresh family. */
  readonly family?: true
}

/** A person of an app: known by userId, else by the actor's id. */
export interface Person {
  readonly app: string
  readonly userId?: string | undefined
  readonly actor: Pick<Actor, 'id'>
}

/** The person's hash tag under each live pepper, the newest first. */
export const personKeysOf = (peppers: KeyRing, { app, userId, actor }: Person): [string, ...string[]] =>
  peppers().map((pepper) =>
    userId === undefined ? keyedName(pepper, 'actor', app, actor.id) : keyedName(pepper, 'user', app, userId),
  ) as [string, ...string[]]

/** Stands in names beside a person's own: a program may bear the id of a person. */
export const bearerOf = ({ kind }: { readonly kind: Kind }): 'program' | 'person' => (kind === 'service' ? 'program' : 'person')

/** The hash tag of an app, for the mark that ends all its sessions, under each live pepper. */
export const appKeysOf = (peppers: KeyRing, app: string): [string, ...string[]] =>
  peppers().map((pepper) => keyedName(pepper, 'app', app)) as [string, ...string[]]

export const storeKey = memo(4_000, (jti: string): string => hash('sha256', jti, 'base64url'))
