/** Reading a bearer token. Strict: all that follows the scheme is the token, so nothing can stand behind it unread. */

/** Undefined when the header is of another scheme. */
export const readBearer = (header: string | undefined): string | undefined => {
  const found = /^bearer(?: +([^ ].*)?)?$/i.exec(header ?? '')
  return found ? (found[1] ?? '') : undefined
}
