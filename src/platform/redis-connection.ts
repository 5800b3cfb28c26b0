/** A connection of ioredis: standalone, Sentinel or Cluster by the form of the address, with every wait bounded (the library waits without end by default). */
import type { Cluster, Redis } from 'ioredis'

// Back within 2 s of Redis being back: the pause never grows beyond a second.
const retryStrategy = (attempt: number) => Math.min(100 * attempt, 1_000)
// Ours ends a command first (see `within`); these bound the handshake of a connection, and the parting from one that is silent.
const bounded = { commandTimeout: 1_000, connectTimeout: 1_000, disconnectTimeout: 100, maxRetriesPerRequest: 1 }

export type Connection = Redis | Cluster

export const connect = async (url: string, scripts: Record<string, { lua: string }>): Promise<Connection> => {
  // Loaded only where it is used: it holds 15 MB that a process without Redis can do without.
  const { Cluster, Redis } = await import('ioredis')
  const options = { ...bounded, scripts, retryStrategy, enableOfflineQueue: false }
  const [, scheme, credentials = '', hosts = '', path = ''] =
    /^redis\+(sentinel|cluster):\/\/(?:([^@/]*)@)?([^/]+)(?:\/(.*))?$/.exec(url) ?? []
  if (!scheme) return url.startsWith('/') ? new Redis({ ...options, path: url }) : new Redis(url, options)
  const [username = '', password = ''] = credentials.split(':').map(decodeURIComponent)
  const login = credentials ? { username, password } : {}
  const nodes = hosts.split(',').map((host) => {
    const [name = '', port = ''] = host.split(/:(?=\d+$)/)
    return { host: name, port: Number(port || (scheme === 'sentinel' ? 26_379 : 6_379)) }
  })
  if (scheme === 'cluster') {
    return new Cluster(nodes, {
      scripts,
      enableOfflineQueue: false,
      clusterRetryStrategy: retryStrategy,
      redisOptions: { ...bounded, ...login },
    })
  }
  const [name = 'mymaster', db = '0'] = path.split('/')
  return new Redis({ ...options, ...login, sentinels: nodes, sentinelCommandTimeout: 1_000, name, db: Number(db) })
}
