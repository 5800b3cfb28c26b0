/** The session token: a compact JWS (HS256), JWT-shaped because the vendor's JavaScript client
 * takes nothing else. It only finds the record, which decides. */
import { timingSafeEqual } from 'node:crypto'
import { type KeyRing, perKey } from '../../crypto/key-ring.ts'
import { hmacWith } from '../../crypto/keyed-hash.ts'
import { memo } from '../../platform/memo.ts'

export type Kind = 'cookie' | 'bearer' | 'service'
/** Without effect here: some client libraries choose the form of paths by it. */
export type Scope = 'app' | 'account' | 'appUser'

export interface Token {
  /** 32 random bytes, base64url; with a pepper they give the key of the record. */
  readonly jti: string
  /** `refresh` opens nothing; it is exchanged for the next access token. */
  readonly kind: Kind | 'refresh'
  /** Hash tag of the person's keys. */
  readonly tag: string
  /** Tag of the app's marks. */
  readonly app: string
  /** Only in a refresh token: 32 random bytes that find its family and open its record. */
  readonly fam?: string
  readonly scope: Scope
  /** The vendor's client requires the claim when scope is appUser. */
  readonly userId?: string
  /** Seconds since 1970 by the store's clock, for the holder of the token. */
  readonly exp: number
}

const maxLength = 2_048
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
/** Signer and verifier of one key. Verified tokens are remembered: each comes often. */
const signer = perKey((key) => {
  const head = encode({ alg: 'HS256', typ: 'JWT', kid: key.id })
  const hmac = hmacWith(key.secret)
  const sign = (payload: string): string => `${head}.${payload}.${hmac(`${head}.${payload}`, 'base64url')}`
  return {
    sign,
    prove: memo(4_000, (text): Token | undefined => {
      const [first, payload, signature, ...rest] = text.split('.')
      // The header is compared as text with ours, so it cannot choose an algorithm.
      if (first !== head || !payload || !signature || rest.length > 0 || !same(sign(payload), text)) return undefined
      return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Token
    }),
  }
})

export const signToken = (keys: KeyRing, token: Token): string => signer(keys()[0]).sign(encode(token))

/** Undefined unless the token is ours. At most one HMAC, no look-up. Whether it has expired the
 * record says, by the store's clock: that of this process may be ahead. */
export const verifyToken = (keys: KeyRing, text: string): Token | undefined => {
  if (text.length > maxLength) return undefined
  for (const key of keys()) {
    const token = signer(key).prove(text)
    if (token) return token
  }
  return undefined
}

/** Compared as text: the last base64url digit has spare bits, and a changed one must not pass. */
const same = (a: string, b: string): boolean => {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
