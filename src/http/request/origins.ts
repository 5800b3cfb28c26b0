/** The exact origins that browsers use. Without any configured it is this machine's own, whose port
 * is known only once we listen; whether they are https is known from the start. */
import { printable } from '../../platform/printable.ts'
import { cookieNames } from './cookies.ts'

/** Text of a caller in the words of a refusal. */
export const quote = (text: string): string => JSON.stringify(printable(text.slice(0, 100)))

const loopback = ['localhost', '127.0.0.1', '[::1]']

/** The values of Host that belong to these origins. The names of the loopback are one; the scheme's
 * own port may be written out. */
const hostsOf = (origins: readonly string[]): ReadonlySet<string> =>
  new Set(
    origins.flatMap((origin) => {
      const { hostname, port, protocol } = new URL(origin)
      const names = loopback.includes(hostname) ? loopback : [hostname]
      const ownPort = protocol === 'https:' ? '443' : '80'
      return names.flatMap((name) => (port ? [`${name}:${port}`] : [name, `${name}:${ownPort}`]))
    }),
  )

export const createOrigins = (configured: readonly string[], staff?: string, cookieName?: string, explains = false) => {
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
    /** All of them, now that we listen on this port. */
    settle: (port: number): readonly string[] => {
      const all = configured.length > 0 ? configured : [`http://localhost:${port}`]
      set(all)
      return all
    },
    /** True for exactly one of ours; the loopback names of one port are one. */
    includes: (origin: string): boolean => exact.has(origin),
    /** The values of Host that belong to them. */
    hosts: (): ReadonlySet<string> => hosts,
    /** Secure when browsers reach us over https. */
    cookies: cookieNames(secure, cookieName),
    /** Whether this Host is the staff's; undefined when staff have no origin of their own. */
    isStaff: (host: string | undefined = ''): boolean | undefined => (staff === undefined ? undefined : staffHosts.has(host.toLowerCase())),
    /** The text of a refusal of a foreign host or origin: for the log, and for the caller while
     * developing, since it tells the set-up. */
    refusal: (words: string, detail?: string): { readonly detail?: string; readonly cause: Error } => {
      const told = [detail, explains ? words : undefined].filter((it) => it !== undefined).join(' ')
      return { ...(told && { detail: told }), cause: new Error(words) }
    },
    /** The origin under which a browser sent this value of Host, which admission has let in. */
    of: (host: string | undefined = ''): string => new URL(`${secure ? 'https' : 'http'}://${host}`).origin,
  }
}

export type Origins = ReturnType<typeof createOrigins>
