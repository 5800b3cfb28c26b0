/** The hosts of an address of PostgreSQL, as its own programs take them: one, or a primary and its
 * standbys in any order, separated by commas. Messages do not repeat the address. */

const form = /^(postgres(?:ql)?:\/\/)([^/?#]*)(.*)$/s

/** Without the login, which may hold commas. */
const namesOf = (authority: string): string[] => authority.slice(authority.lastIndexOf('@') + 1).split(',')

/** An address for each host. */
export const postgresHosts = (address: string): string[] => {
  const [, scheme, authority = '', behind = ''] = form.exec(address) ?? []
  if (scheme === undefined || authority + behind === '') return []
  const login = authority.slice(0, authority.lastIndexOf('@') + 1)
  return namesOf(authority).map((host) => `${scheme}${login}${host}${behind}`)
}

const parameter = (address: string, name: string): string | null => new URL(address).searchParams.get(name)

/** Whether a standby must not be taken for the primary. */
export const wantsPrimary = (hosts: readonly string[]): boolean => hosts.length > 1 || parameter(hosts[0]!, 'target_session_attrs') !== null

/** What is wrong with it, to be put behind the name of its setting. */
export const faultOfPostgres = (address: string): string | undefined => {
  const names = namesOf(form.exec(address)?.[2] ?? '')
  if (names.length > 1 && names.includes('')) return 'has a comma without a host beside it'
  const hosts = postgresHosts(address)
  if (hosts.length === 0 || !hosts.every((it) => URL.canParse(it)))
    return 'must be sqlite:PATH or postgres://user:password@host:5432/database, percent-encoded'
  if (hosts.length > 1 && parameter(hosts[0]!, 'host') !== null) return 'names several hosts, and one more as host=: keep one way'
  if (!['read-write', 'primary', null].includes(parameter(hosts[0]!, 'target_session_attrs')))
    return 'must have read-write or primary for target_session_attrs, or none: a standby takes no events'
  return undefined
}
