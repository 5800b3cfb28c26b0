/** The address of a Redis: redis[s]://, redis[s]+sentinel://, redis[s]+cluster://, unix:// or the
 * path of a socket. Errors do not repeat it. */
import { isIPv6 } from 'node:net'

export interface RedisAddress {
  readonly kind: 'standalone' | 'sentinel' | 'cluster'
  readonly tls: boolean
  /** Empty for a socket. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly socket?: string
  readonly login: { readonly username?: string; readonly password?: string }
  readonly db: number
  /** The Sentinels' name of the master. */
  readonly master: string
}

/** Its message may be shown: it holds nothing of the address. */
export class RedisAddressError extends Error {}

const refuse = (message: string): never => {
  throw new RedisAddressError(message)
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return refuse('holds a % that begins no percent-encoding: write it as %25')
  }
}

/** `user:password` or `:password`, percent-encoded. */
export const parseLogin = (text: string | undefined): RedisAddress['login'] => {
  if (text === undefined) return {}
  const at = text.indexOf(':')
  if (at < 0 || at === text.length - 1) return refuse('must give credentials as user:password or :password')
  const [username, password] = [decode(text.slice(0, at)), decode(text.slice(at + 1))]
  return { ...(username && { username }), password }
}

const parseDb = (text: string | undefined): number => {
  if (text === undefined || text === '') return 0
  return /^\d{1,5}$/.test(text) ? Number(text) : refuse('must name the database by its number')
}

const noHost =
  'must give hosts as name:port, an IPv6 address in brackets ([::1]:6379); in a password write / ? # and @ as %2F %3F %23 and %40'

const parseNode = (text: string, defaultPort: number) => {
  const [, six, name, port = String(defaultPort)] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? []
  if (six !== undefined ? !isIPv6(six) : !/^[A-Za-z0-9._-]+$/.test(name ?? '')) return refuse(noHost)
  if (Number(port) < 1 || Number(port) > 65_535) return refuse('must give a port from 1 to 65535')
  return { host: six ?? name!, port: Number(port) }
}

const parseSocket = (text: string, login: RedisAddress['login']): RedisAddress => {
  const [path = '', query, more] = text.split('?')
  const db = query === undefined ? '' : /^db=(\d+)$/.exec(query)?.[1]
  if (db === undefined || more !== undefined) return refuse('may have ?db= and a number behind the path of a socket, and nothing else')
  return { kind: 'standalone', tls: false, nodes: [], socket: decode(path), login, db: parseDb(db), master: '' }
}

/** Throws a RedisAddressError. */
export const parseRedisAddress = (text: string): RedisAddress => {
  if (text.startsWith('/')) return parseSocket(text, {})
  const [, socketLogin, socket] = /^unix:\/\/(?:([^/]*)@)?(\/.+)$/.exec(text) ?? []
  if (socket !== undefined) return parseSocket(socket, parseLogin(socketLogin))
  const [, scheme, kind = 'standalone', rest = ''] = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(.*)$/s.exec(text) ?? []
  if (!scheme)
    return refuse(
      'must start with redis://, rediss://, redis+sentinel://, redis+cluster:// (with TLS: rediss+…), unix://, or be a socket path',
    )
  if (/[?#\s]/.test(rest)) return refuse('may have no query, fragment or space; in a password write ? and # as %3F and %23')
  const slash = rest.indexOf('/')
  const [authority, path] = slash < 0 ? [rest, ''] : [rest.slice(0, slash), rest.slice(slash + 1)]
  const at = authority.lastIndexOf('@')
  const [credentials, hosts] = [at < 0 ? undefined : authority.slice(0, at), authority.slice(at + 1)]
  const nodes = hosts.split(',').map((host) => parseNode(host, kind === 'sentinel' ? 26_379 : 6_379))
  if (kind === 'standalone' && nodes.length > 1) return refuse('names several hosts: that is redis+cluster:// or redis+sentinel://')
  const [first = '', second, more] = path.split('/')
  if (more !== undefined || (second !== undefined && kind !== 'sentinel')) return refuse('has too many parts behind the host')
  if (kind === 'cluster' && first !== '') return refuse('is of a Cluster, which has no database but 0: leave the path away')
  return {
    kind: kind as RedisAddress['kind'],
    tls: scheme === 'rediss',
    nodes,
    login: parseLogin(credentials),
    db: parseDb(kind === 'sentinel' ? second : first),
    master: kind === 'sentinel' ? decode(first) || 'mymaster' : '',
  }
}
