/** The session token: a compact JWS (HS256), JWT-shaped because the vendor's JavaScript client takes nothing else. The server-side record decides; the token only finds it. */
import { timingSafeEqual } from 'node:crypto'
import { type KeyRing, perKey } from '../crypto/key-ring.ts'
import { hmacWith } from '../crypto/keyed-hash.ts'
import { memo } from '../platform/memo.ts'

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
/** What a key signs and proves. Tokens that it proved are remembered: each comes with many requests, and only its time changes. */
const signer = perKey((key) => {
  const head = encode({ alg: 'HS256', typ: 'JWT', kid: key.id })
  const hmac = hmacWith(key.secret)
  const sign = (payload: string): string => `${head}.${payload}.${hmac(`${head}.${payload}`, 'base64url')}`
  return {
    sign,
    prove: memo(4_000, (text): Token | undefined => {
      const [first, payload, signature, ...rest] = text.split('.')
      // The header is compared as text with the one we write, so nothing in it can choose an algorithm.
      if (first !== head || !payload || !signature || rest.length > 0 || !same(sign(payload), text)) return undefined
      return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Token
    }),
  }
})

export const signToken = (keys: KeyRing, token: Token): string => signer(keys()[0]).sign(encode(token))

/** Undefined for anything but a token of ours that has not expired. Costs one HMAC at most and no look-up. */
export const verifyToken = (keys: KeyRing, text: string, nowMs: number): Token | undefined => {
  if (text.length > maxLength) return undefined
  for (const key of keys()) {
    const token = signer(key).prove(text)
    if (token) return token.exp * 1000 > nowMs ? token : undefined
  }
  return undefined
}

/** Compares the written forms: a last base64url digit has spare bits, and a changed one must not pass. */
const same = (a: string, b: string): boolean => {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
