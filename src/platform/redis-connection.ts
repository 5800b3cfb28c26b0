/** A connection of ioredis: standalone, Sentinel or Cluster by the form of the address, with every wait bounded (the library waits without end by default). */
import type { Cluster, Redis } from 'ioredis'
import { parseLogin, parseRedisAddress } from './redis-address.ts'

/** Where Redis is and how we prove who we are, in texts as the settings have them. */
export interface RedisAccess {
  readonly url: string
  /** Whose signature the servers' certificates have, in PEM; by default, that of a public authority. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** For the Sentinels: user:password or :password. */
  readonly sentinelLogin?: string | undefined
}

/** Asked again before each new connection, since a file may have been replaced; an address alone stays as it is. */
export type RedisSource = string | (() => RedisAccess)

// Back within 2 s of Redis being back: the pause never grows beyond a second.
const pauseBefore = (attempt: number) => Math.min(100 * attempt, 1_000)
// Ours ends a command first (see `within`); these bound the handshake of a connection, and the parting from one that is silent.
const bounded = { commandTimeout: 1_000, connectTimeout: 1_000, disconnectTimeout: 100, maxRetriesPerRequest: 1 }

export type Connection = Redis | Cluster

const tlsOf = ({ ca, cert, key }: RedisAccess) => ({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) })

/** On a Cluster the source is asked once: the library keeps what it was given. */
export const connect = async (given: RedisSource, scripts: Record<string, { lua: string }>): Promise<Connection> => {
  // Loaded only where it is used: it holds 15 MB that a process without Redis can do without.
  const { Cluster, Redis } = await import('ioredis')
  const source = typeof given === 'string' ? () => ({ url: given }) : given
  const { kind, nodes, tls, login } = parseRedisAddress(source().url)
  if (kind === 'cluster') {
    return new Cluster([...nodes], {
      scripts,
      enableOfflineQueue: false,
      clusterRetryStrategy: pauseBefore,
      // A name stays a name: the certificate is for that, and not for the address behind it.
      dnsLookup: (name, found) => found(null, name),
      redisOptions: { ...bounded, ...login, ...(tls && { tls: tlsOf(source()) }) },
    })
  }
  const connection: Redis = new Redis({
    ...bounded,
    ...placeOf(source()),
    scripts,
    enableOfflineQueue: false,
    retryStrategy: (attempt: number) => {
      const now = source()
      if (parseRedisAddress(now.url).kind === kind) Object.assign(connection.options, placeOf(now))
      return pauseBefore(attempt)
    },
  })
  return connection
}

const placeOf = (source: RedisAccess) => {
  const { kind, tls, nodes, socket, login, db, master } = parseRedisAddress(source.url)
  // Also what is absent: the former value may not stay.
  const given = { username: login.username ?? '', password: login.password ?? '', db, ...(tls && { tls: tlsOf(source) }) }
  if (kind !== 'sentinel') return { ...given, ...(socket === undefined ? nodes[0] : { path: socket }) }
  const ofSentinel = parseLogin(source.sentinelLogin)
  return {
    ...given,
    sentinels: [...nodes],
    sentinelCommandTimeout: 1_000,
    name: master,
    ...(ofSentinel.username && { sentinelUsername: ofSentinel.username }),
    ...(ofSentinel.password && { sentinelPassword: ofSentinel.password }),
    ...(tls && { sentinelTLS: tlsOf(source), enableTLSForSentinelMode: true }),
  }
}
