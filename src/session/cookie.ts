/** Reading and writing the session cookie. Strict: no decoding, no quotes, exact case. */

/** Without https (loopback only) browsers would drop a Secure cookie with the __Host- prefix. */
export const cookieName = (secure: boolean): string => (secure ? '__Host-Http-bff' : 'bff-dev')

/** The value of the cookie; undefined when it is absent. Doubled cookies of our name are refused at admission. */
export const readCookie = (header: string | undefined, name: string): string | undefined => {
  for (const pair of header?.split(';') ?? []) {
    const trimmed = pair.trimStart()
    if (trimmed.startsWith(`${name}=`)) return trimmed.slice(name.length + 1)
  }
  return undefined
}

const attributes = (secure: boolean) => `Path=/; ${secure ? 'Secure; ' : ''}HttpOnly; SameSite=Strict`

export const setCookie = (token: string, secure: boolean): string => `${cookieName(secure)}=${token}; ${attributes(secure)}`

export const clearCookie = (secure: boolean): string => `${cookieName(secure)}=; ${attributes(secure)}; Max-Age=0`
