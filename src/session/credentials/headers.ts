/** The token of a session as requests bring it: in the cookie, also set here, or as a bearer. */
import type { IncomingMessage } from 'node:http'
import { Problem } from '../../contract/problems.ts'
import type { KeyRing } from '../../crypto/key-ring.ts'
import { type CookieNames, cookiesIn } from '../../http/request/cookies.ts'
import type { Origins } from '../../http/request/origins.ts'
import { type CsrfClass, requireSameOrigin } from './csrf.ts'
import { type Token, verifyToken } from './token.ts'

/** The session cookie; undefined when it is absent. Admission refuses a doubled one. */
export const readCookie = (header: string | undefined, { session }: CookieNames): string | undefined =>
  cookiesIn(header).find(([name]) => name === session)?.[1]

const attributes = ({ secure }: CookieNames) => `Path=/; ${secure ? 'Secure; ' : ''}HttpOnly; SameSite=Strict`

export const setCookie = (token: string, names: CookieNames): string => `${names.session}=${token}; ${attributes(names)}`

export const clearCookie = (names: CookieNames): string => `${names.session}=; ${attributes(names)}; Max-Age=0`

/** All that follows the scheme, so nothing stands behind the token unread; undefined when the
 * header is absent or of another scheme. */
export const readBearer = (header: string | undefined): string | undefined => {
  const found = /^bearer(?: +([^ ].*)?)?$/i.exec(header ?? '')
  return found ? (found[1] ?? '') : undefined
}

/** Undefined unless the token is ours and came as its kind does. */
const verified = (keys: KeyRing, text: string, ...kinds: readonly Token['kind'][]): Token | undefined => {
  const token = verifyToken(keys, text)
  return token && kinds.includes(token.kind) ? token : undefined
}

/** The token of a request; undefined without one. CSRF is checked before any look-up, unless that
 * was done when the request was let in. Throws `csrf` and `ambiguous_credentials`. */
export const tokenOf = (keys: KeyRing, request: IncomingMessage, origins: Origins, csrf: CsrfClass | 'checked'): Token | undefined => {
  const cookie = readCookie(request.headers.cookie, origins.cookies)
  const bearer = readBearer(request.headers.authorization)
  if (cookie !== undefined && bearer !== undefined) throw new Problem('ambiguous_credentials')
  if (bearer !== undefined) return verified(keys, bearer, 'bearer', 'service')
  if (cookie === undefined) return undefined
  if (csrf !== 'checked') requireSameOrigin(request, origins, csrf)
  return verified(keys, cookie, 'cookie')
}

/** The token of a browser that opens a page, without a check of CSRF. */
export const tokenOnPage = (keys: KeyRing, { headers }: IncomingMessage, { cookies }: Origins): Token | undefined =>
  verified(keys, readCookie(headers.cookie, cookies) ?? '', 'cookie')
