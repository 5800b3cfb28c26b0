/** The session token: a compact JWS (HS256), JWT-shaped because the vendor's JavaScript client takes nothing else. The server-side record decides; the token only finds it. */
import { timingSafeEqual } from 'node:crypto'
import { type Hmac, hmacWith } from './hmac.ts'
import type { Ring, RingKey } from './keys.ts'

export type Kind = 'cookie' | 'bearer' | 'service'
/** Cosmetic: some client libraries choose their path form by it. */
export type Scope = 'app' | 'account' | 'appUser'

export interface Token {
  /** 32 random bytes, base64url: with a pepper it makes the key of the record. */
  readonly jti: string
  /** `refresh` opens nothing by itself; it gets the next access token. */
  readonly kind: Kind | 'refresh'
  /** Hash tag of the person's keys. */
  readonly tag: string
  /** Tag of the app's own mark. */
  readonly app: string
  /** Of a refresh token: 32 random bytes that find its family and open its record. */
  readonly fam?: string
  readonly scope: Scope
  /** The vendor's client wants the claim when scope is appUser. */
  readonly userId?: string
  /** Seconds since 1970. */
  readonly exp: number
}

const maxLength = 2_048
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const headers = new WeakMap<RingKey, string>()
const header = (key: RingKey): string => {
  const known = headers.get(key)
  if (known !== undefined) return known
  const made = encode({ alg: 'HS256', typ: 'JWT', kid: key.id })
  headers.set(key, made)
  return made
}
const hmacs = new WeakMap<RingKey, Hmac>()
const mac = (key: RingKey, text: string): string => {
  const hmac = hmacs.get(key) ?? hmacWith(key.secret)
  hmacs.set(key, hmac)
  return hmac(text, 'base64url')
}

export const signToken = (keys: Ring, token: Token): string => {
  const [key] = keys()
  const text = `${header(key)}.${encode(token)}`
  return `${text}.${mac(key, text)}`
}

/** Undefined for anything but a token of ours that has not expired. Costs one HMAC and no look-up. */
export const verifyToken = (keys: Ring, text: string, nowMs: number): Token | undefined => {
  if (text.length > maxLength) return undefined
  const [head, payload, signature, ...rest] = text.split('.')
  if (!head || !payload || !signature || rest.length > 0) return undefined
  // The header is compared as text with those we write, so nothing in it can choose an algorithm.
  const key = keys().find((candidate) => header(candidate) === head)
  if (!key || !same(mac(key, `${head}.${payload}`), signature)) return undefined
  const token = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Token
  return token.exp * 1000 > nowMs ? token : undefined
}

/** Compares the written forms: a last base64url digit has spare bits, and a changed one must not pass. */
const same = (a: string, b: string): boolean => {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
