/** A connection of ioredis: standalone, Sentinel or Cluster by the form of the address, with every
 * wait bounded (the library waits without end by default). */

import type { Cluster, Redis } from 'ioredis'
import { describeError, type Log } from '../log/logger.ts'
import { outsideRequests } from '../tracing.ts'
import { parseLogin, parseRedisAddress } from './address.ts'
import { pause } from './answer.ts'
import { remedyFor } from './proof.ts'
import { watchMaster } from './sentinel-watch.ts'

/** Address and credentials of a Redis, as the settings have them. */
export interface RedisAccess {
  readonly url: string
  /** PEM of the authority that signed the servers' certificates; absent: public authorities. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** For the Sentinels: user:password or :password. */
  readonly sentinelLogin?: string | undefined
}

/** Called before each new connection: a file may have been replaced; a plain address stays. */
export type RedisSource = string | (() => RedisAccess)

// At most a second, so that the service is back within 2 s of Redis.
const pauseBefore = (attempt: number) => Math.min(100 * attempt, 1_000)
// Commands have our shorter limit (`within`); these bound handshake and silence.
const bounded = { commandTimeout: 1_000, connectTimeout: 1_000, disconnectTimeout: 100, maxRetriesPerRequest: 1 }

export type Connection = Redis | Cluster

interface Connected {
  readonly connection: Connection
  /** The first key of a command; undefined for one without keys. */
  readonly keyOf: (name: string, args: readonly (string | number)[]) => string | undefined
  /** The node of a Cluster that has a key, as far as is known; one name for all keys elsewhere. */
  readonly nodeOf: (key: string) => string
}

const tlsOf = ({ ca, cert, key }: RedisAccess) => ({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) })

const socket = Symbol('the socket of a connection')

/** A TLS socket that is ended amid its handshake may fail twice. The library listens once, and an
 * error without a listener ends the process. It makes connections of its own, so all get one. */
const listenToEachError = ({ prototype }: { readonly prototype: Redis }): void => {
  if (Object.hasOwn(prototype, 'stream')) return
  Object.defineProperty(prototype, 'stream', {
    get(this: { [socket]?: Redis['stream'] }) {
      return this[socket]
    },
    set(this: { [socket]?: Redis['stream'] }, stream: Redis['stream']) {
      this[socket] = stream.on('error', () => undefined)
    },
  })
}

export const connect = async (given: RedisSource, scripts: Record<string, { lua: string }>): Promise<Connected> => {
  // Loaded only where used: it takes 15 MB.
  const library = await import('ioredis')
  listenToEachError(library.Redis)
  const connection = open(library, given, scripts)
  return {
    connection,
    keyOf: (name, args) => new library.Command(name, [...args]).getKeys()[0]?.toString(),
    nodeOf: (key) => (connection.isCluster ? ((connection as Cluster).slots[new library.Command('GET', [key]).getSlot()]?.[0] ?? '') : ''),
  }
}

/** For a Cluster the source is called once: the library keeps its options. */
const open = (
  { Cluster, Redis }: Pick<typeof import('ioredis'), 'Cluster' | 'Redis'>,
  given: RedisSource,
  scripts: Record<string, { lua: string }>,
): Connection => {
  const source = typeof given === 'string' ? () => ({ url: given }) : given
  const { kind, nodes, tls, login } = parseRedisAddress(source().url)
  if (kind === 'cluster') {
    return new Cluster([...nodes], {
      scripts,
      enableOfflineQueue: false,
      clusterRetryStrategy: pauseBefore,
      // A master that hung and goes on takes writes for a moment, which are lost: by then its
      // replica must be known, also where nothing was asked meanwhile.
      slotsRefreshInterval: 1_000,
      // Names are not resolved here: certificates are made for the name.
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
  if (kind === 'sentinel') {
    const ask: Parameters<typeof watchMaster>[0]['open'] = (node) => {
      const { sentinelUsername: username, sentinelPassword: password, sentinelTLS } = sentinelsOf(source())
      return new Redis({
        ...node,
        ...bounded,
        retryStrategy: () => null,
        enableReadyCheck: false,
        ...(username && { username }),
        ...(password && { password }),
        ...(sentinelTLS && { tls: sentinelTLS }),
      })
    }
    void watchMaster({ connection, place: () => sentinelsOf(source()), open: ask })
  }
  return connection
}

const placeOf = (source: RedisAccess) => {
  const { kind, tls, nodes, socket, login, db } = parseRedisAddress(source.url)
  // Absent values are set too, else the former ones would stay.
  const given = { username: login.username ?? '', password: login.password ?? '', db, ...(tls && { tls: tlsOf(source) }) }
  if (kind !== 'sentinel') return { ...given, ...(socket === undefined ? nodes[0] : { path: socket }) }
  return { ...given, ...sentinelsOf(source) }
}

const sentinelsOf = (source: RedisAccess) => {
  const { tls, nodes, master } = parseRedisAddress(source.url)
  const { username, password } = parseLogin(source.sentinelLogin)
  return {
    sentinels: [...nodes],
    sentinelCommandTimeout: 1_000,
    name: master,
    ...(username && { sentinelUsername: username }),
    ...(password && { sentinelPassword: password }),
    ...(tls && { sentinelTLS: tlsOf(source), enableTLSForSentinelMode: true }),
  }
}

/** What an operator hears of a connection: each cause once, and one word when all is well. */
interface RedisNews {
  readonly level: 'warn' | 'info'
  readonly text: string
  readonly cause?: Error
}

export type Tell = (news: RedisNews) => void

/** Into the log, under the name of the connection. */
export const redisLog =
  (log: Log, name: string): Tell =>
  ({ level, text, cause }) => {
    const remedy = cause && remedyFor(cause)
    outsideRequests(() => log[level]({ ...(cause && { cause: describeError(cause) }), ...(remedy && { remedy }) }, `${name} ${text}`))
  }

/** More causes than this in one outage say nothing new. */
const maxCauses = 5

/** Gathers causes until `isWell` says yes, which is asked twice a second. */
export const createOutageNews = (tell: Tell, isWell: () => Promise<boolean>, isClosed: () => boolean) => {
  const causes = new Set<string>()
  const untilWell = async (): Promise<void> => {
    while (!isClosed()) {
      await pause(500)
      if (isClosed() || !(await isWell())) continue
      causes.clear()
      return tell({ level: 'info', text: 'is back' })
    }
  }
  return (cause: Error): void => {
    const { code } = cause as NodeJS.ErrnoException
    const kind = code ?? cause.message
    if (isClosed() || causes.has(kind) || causes.size >= maxCauses) return
    causes.add(kind)
    tell({ level: 'warn', text: 'fails', cause })
    if (causes.size === 1) void untilWell()
  }
}
