/** The cookies of this service: their names, and the session cookie as it is set and read. */
import { cookiesIn, type OwnCookies } from '../http/cookies.ts'

/** Without https (loopback only) browsers would drop a Secure cookie with the __Host- prefix. */
export const cookieNames = (secure: boolean): OwnCookies =>
  secure ? { session: '__Host-Http-bff', signInPrefix: '__Host-bff-tx-' } : { session: 'bff-dev', signInPrefix: 'bff-dev-tx-' }

/** The value of the session cookie; undefined when it is absent. Admission refuses a doubled one. */
export const readCookie = (header: string | undefined, secure: boolean): string | undefined => {
  const { session } = cookieNames(secure)
  return cookiesIn(header).find(([name]) => name === session)?.[1]
}

const attributes = (secure: boolean) => `Path=/; ${secure ? 'Secure; ' : ''}HttpOnly; SameSite=Strict`

export const setCookie = (token: string, secure: boolean): string => `${cookieNames(secure).session}=${token}; ${attributes(secure)}`

export const clearCookie = (secure: boolean): string => `${cookieNames(secure).session}=; ${attributes(secure)}; Max-Age=0`
