/** The exact origins that browsers use. They may be set after listening, when the port is any free
 * one; whether they are https is known from the start. */
import { hostsOf } from './admission.ts'
import { type CookieNames, cookieNames } from './cookies.ts'

export interface Origins {
  set(origins: readonly string[]): void
  /** True for exactly one of ours; the loopback names of one port are one. */
  includes(origin: string): boolean
  /** The values of Host that belong to them. */
  hosts(): ReadonlySet<string>
  /** True when browsers reach us over https. */
  secure(): boolean
  readonly cookies: CookieNames
  /** Whether this value of Host is the staff's; undefined when staff have no origin of their own. */
  isStaff(host: string | undefined): boolean | undefined
  /** The origin under which a browser sent this value of Host, which admission has let in. */
  of(host: string | undefined): string
}

export const createOrigins = (configured: readonly string[], staff?: string, cookieName?: string): Origins => {
  let exact: ReadonlySet<string> = new Set()
  let hosts: ReadonlySet<string> = new Set()
  const staffHosts = hostsOf(staff === undefined ? [] : [staff])
  const set = (others: readonly string[]) => {
    const origins = staff === undefined ? others : [...others, staff]
    hosts = hostsOf(origins)
    exact = new Set(
      origins.flatMap((origin) => [...hostsOf([origin])].map((host) => new URL(`${new URL(origin).protocol}//${host}`).origin)),
    )
  }
  set(configured)
  const secure = configured.some((origin) => origin.startsWith('https:'))
  return {
    set,
    includes: (origin) => exact.has(origin),
    hosts: () => hosts,
    secure: () => secure,
    cookies: cookieNames(secure, cookieName),
    isStaff: (host = '') => (staff === undefined ? undefined : staffHosts.has(host.toLowerCase())),
    of: (host = '') => new URL(`${secure ? 'https' : 'http'}://${host}`).origin,
  }
}
