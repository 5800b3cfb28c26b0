/** The credentials of a session as requests bring them: the cookie, which is also set here, and the
 * bearer token. */
import type { IncomingMessage } from 'node:http'
import { Problem } from '../../contract/problems.ts'
import { type CookieNames, cookiesIn } from '../../http/request/cookies.ts'
import type { Origins } from '../../http/request/origins.ts'
import { type CsrfClass, requireSameOrigin } from './csrf.ts'
import type { Kind } from './token.ts'

/** The value of the session cookie; undefined when it is absent. Admission refuses a doubled
 * one. */
export const readCookie = (header: string | undefined, { session }: CookieNames): string | undefined =>
  cookiesIn(header).find(([name]) => name === session)?.[1]

const attributes = ({ secure }: CookieNames) => `Path=/; ${secure ? 'Secure; ' : ''}HttpOnly; SameSite=Strict`

export const setCookie = (token: string, names: CookieNames): string => `${names.session}=${token}; ${attributes(names)}`

export const clearCookie = (names: CookieNames): string => `${names.session}=; ${attributes(names)}; Max-Age=0`

/** All that follows the scheme, so nothing stands behind the token unread; undefined when the header
 * is absent or of another scheme. */
export const readBearer = (header: string | undefined): string | undefined => {
  const found = /^bearer(?: +([^ ].*)?)?$/i.exec(header ?? '')
  return found ? (found[1] ?? '') : undefined
}

/** The token of a request and the kinds it may have; undefined without one. CSRF is checked before
 * any look-up. Throws `csrf` and `ambiguous_credentials`. */
export const credentialOf = (
  request: IncomingMessage,
  origins: Origins,
  csrf: CsrfClass,
): { text: string; kinds: readonly Kind[] } | undefined => {
  const cookie = readCookie(request.headers.cookie, origins.cookies)
  const bearer = readBearer(request.headers.authorization)
  if (cookie !== undefined && bearer !== undefined) throw new Problem('ambiguous_credentials')
  if (cookie !== undefined) {
    requireSameOrigin(request, origins, csrf)
    return { text: cookie, kinds: ['cookie'] }
  }
  return bearer === undefined ? undefined : { text: bearer, kinds: ['bearer', 'service'] }
}
