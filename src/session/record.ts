/** The record of a session and its seal. A dump of the store opens nothing: the key needs the
 * token's jti and a pepper. */
import { hash } from 'node:crypto'
import type { Role } from '../contract/operation.ts'
import { opener } from '../crypto/decryption-memo.ts'
import { decrypt, deriveKey, encrypt } from '../crypto/envelope.ts'
import { type KeyRing, keyedName, perKey, type RingKey } from '../crypto/key-ring.ts'
import { hmacWith } from '../crypto/keyed-hash.ts'
import { memo } from '../platform/memo.ts'
import type { Kind, Scope } from './credentials/token.ts'
import type { Listed } from './store/session-store.ts'

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
  /** Version of the roles flag that these roles already follow. */
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
  /** When the person proved it there, or the token that we exchanged was issued, in seconds of its
   * own clock. */
  readonly provedAt?: number | undefined
  /** The claim that gives roles, when it was not sent: staff are told why they are none. */
  readonly absentRoles?: string | undefined
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

/** The hash tag of an app, for the flag that ends all its sessions, under each live pepper. */
export const appKeysOf = (peppers: KeyRing, app: string): [string, ...string[]] =>
  peppers().map((pepper) => keyedName(pepper, 'app', app)) as [string, ...string[]]

export const storeKey = memo(4_000, (jti: string): string => hash('sha256', jti, 'base64url'))

const version = 2
/** One HMAC of the jti gives the key of a record: the jti is as random as a key. The key of the
 * pepper is made once. */
const recordKeys = perKey(({ secret }) => {
  const hmac = hmacWith(deriveKey(secret, 'session record'))
  return memo(4_000, (jti) => hmac(jti, 'buffer'))
})
const indexKey = ({ secret }: RingKey) => deriveKey(secret, 'session index')

/** Layout: version | length of kid | kid | ciphertext. */
const seal = (pepper: RingKey, key: Buffer, aad: string, value: unknown): Buffer => {
  const kid = Buffer.from(pepper.id)
  return encrypt(key, aad, JSON.stringify(value), Buffer.concat([Buffer.from([version, kid.length]), kid]))
}

/** Undefined when no live pepper opens it, or when it was sealed under another name. */
const open = (peppers: KeyRing, keyOf: (pepper: RingKey) => Buffer, aad: string, blob: Buffer): unknown => {
  const kidEnd = 2 + (blob[1] ?? 0)
  const kid = blob.subarray(2, kidEnd).toString()
  const pepper = peppers().find(({ id }) => id === kid)
  const text = blob[0] === version && pepper && decrypt(keyOf(pepper), aad, blob.subarray(kidEnd))
  return text ? JSON.parse(text.toString()) : undefined
}

export const sealRecord = (peppers: KeyRing, jti: string, tag: string, record: SessionRecord): Buffer => {
  const [pepper] = peppers()
  return seal(pepper, recordKeys(pepper)(jti), `${storeKey(jti)}|${tag}`, record)
}

const opened = opener<SessionRecord>()

/** `sealed` in base64, as the store has it. */
export const openRecord = (peppers: KeyRing, jti: string, tag: string, sealed: string): SessionRecord | undefined =>
  opened.read(peppers, jti + tag, sealed, () => {
    const blob = Buffer.from(sealed, 'base64')
    return open(peppers, (pepper) => recordKeys(pepper)(jti), `${storeKey(jti)}|${tag}`, blob) as SessionRecord | undefined
  })

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

export const sealIndex = (peppers: KeyRing, sid: string, entry: IndexEntry): Buffer => {
  const [pepper] = peppers()
  return seal(pepper, indexKey(pepper), sid, entry)
}

const openIndex = (peppers: KeyRing, sid: string, blob: Buffer): IndexEntry | undefined =>
  open(peppers, indexKey, sid, blob) as IndexEntry | undefined

export const openListed = (peppers: KeyRing, listed: readonly Listed[]): (Listed & { readonly entry: IndexEntry })[] =>
  listed.flatMap((it) => {
    const entry = openIndex(peppers, it.sid, Buffer.from(it.index, 'base64'))
    return entry ? [{ ...it, entry }] : []
  })

/** Base64url of a small value sealed for one purpose and one place. */
export const sealFor = (peppers: KeyRing, purpose: string, place: string, value: unknown): string => {
  const [pepper] = peppers()
  return seal(pepper, deriveKey(pepper.secret, purpose), place, value).toString('base64url')
}

export const openFor = (peppers: KeyRing, purpose: string, place: string, text: string): unknown =>
  open(peppers, (pepper) => deriveKey(pepper.secret, purpose), place, Buffer.from(text, 'base64url'))
