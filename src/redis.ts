/** The one door to Redis: standalone, Sentinel or Cluster by the form of the URL, with every wait bounded (ioredis waits without end by default). */
import { Cluster, Redis } from 'ioredis'

export interface Script {
  readonly lua: string
  readonly numberOfKeys: number
}

export interface RedisClient<Name extends string = string> {
  /** Runs a registered script. Rejects within about 250 ms when Redis does not answer. */
  run(name: Name, keys: readonly string[], args?: readonly (string | number)[]): Promise<unknown>
  ping(): Promise<void>
  close(): void
}

// Back within 2 s of Redis being back: the pause never grows beyond a second.
const retryStrategy = (attempt: number) => Math.min(100 * attempt, 1_000)
const bounded = { commandTimeout: 250, connectTimeout: 1_000, maxRetriesPerRequest: 1 }

type Connection = Redis | Cluster

const connect = (url: string, scripts: Record<string, Script>): Connection => {
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
  return new Redis({ ...options, ...login, sentinels: nodes, name, db: Number(db) })
}

/** Commands of one turn of the loop leave in one write: at load, the system call costs more than all of the rest of a command. */
const createBatch = (connection: Connection): (() => void) => {
  const connections = (): readonly Redis[] => (connection instanceof Cluster ? connection.nodes('all') : [connection])
  let open = false
  return () => {
    if (open) return
    open = true
    const streams = connections().flatMap(({ stream }) => (stream?.writable ? [stream] : []))
    for (const stream of streams) stream.cork()
    setImmediate(() => {
      open = false
      for (const stream of streams) stream.uncork()
    })
  }
}

/** `failed` hears of connection errors; commands reject by themselves. Resolves once the first connection is up, or after `connectTimeout` with Redis still away. */
export const connectRedis = async <Name extends string>(
  url: string,
  scripts: Record<Name, Script>,
  failed: (error: Error) => void,
): Promise<RedisClient<Name>> => {
  const connection = connect(url, scripts)
  connection.on('error', failed)
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 1_000)
    connection.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
  const commands = connection as unknown as Record<Name, (...args: (string | number)[]) => Promise<unknown>>
  const batch = createBatch(connection)
  return {
    run: (name, keys, args = []) => {
      batch()
      return commands[name](...keys, ...args)
    },
    ping: async () => {
      await connection.ping()
    },
    close: () => connection.disconnect(),
  }
}
