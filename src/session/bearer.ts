/** Strict reading of a bearer token: all that follows the scheme is the token, so nothing stands
 * behind it unread. */

/** The token; undefined when the header is absent or of another scheme. */
export const readBearer = (header: string | undefined): string | undefined => {
  const found = /^bearer(?: +([^ ].*)?)?$/i.exec(header ?? '')
  return found ? (found[1] ?? '') : undefined
}
