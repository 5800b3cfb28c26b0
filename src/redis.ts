/** The one door to Redis: standalone, Sentinel or Cluster by the form of the URL, with every wait bounded (ioredis waits without end by default). */
import type { Cluster, Redis } from 'ioredis'

export interface Script {
  readonly lua: string
  readonly numberOfKeys: number
}

export interface RedisClient<Name extends string = string> {
  /** Runs a registered script. Rejects within about 200 ms when Redis does not answer. */
  run(name: Name, keys: readonly string[], args?: readonly (string | number)[]): Promise<unknown>
  /** Any one command. */
  command(name: string, ...args: (string | number)[]): Promise<unknown>
  ping(): Promise<void>
  /** Keys of different tags lie on different nodes. */
  readonly cluster: boolean
  close(): void
}

// Back within 2 s of Redis being back: the pause never grows beyond a second.
const retryStrategy = (attempt: number) => Math.min(100 * attempt, 1_000)
// Ours ends a command first (see `within`); this one only keeps none waiting for ever.
const bounded = { commandTimeout: 2_000, connectTimeout: 1_000, maxRetriesPerRequest: 1 }

type Connection = Redis | Cluster

const connect = async (url: string, scripts: Record<string, Script>): Promise<Connection> => {
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
  return new Redis({ ...options, ...login, sentinels: nodes, name, db: Number(db) })
}

/** The promise is an answer within 300 ms of an outage; the rest is for a busy event loop. */
const commandMs = 200

class CommandTimeout extends Error {
  constructor() {
    super('Redis did not answer in time')
  }
}

/** An event loop that was busy runs late timers before it reads what has long arrived: so the answer gets one more turn before it counts as missing. */
const within = <T>(command: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => setImmediate(() => reject(new CommandTimeout()))), commandMs)
    command.then(resolve, reject).finally(() => clearTimeout(timer))
  })

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())

/** Commands of one turn of the loop leave in one write: at load, the system call costs more than all of the rest of a command. */
const createBatch = (connection: Connection): (() => void) => {
  const connections = (): readonly Redis[] => (connection.isCluster ? (connection as Cluster).nodes('all') : [connection as Redis])
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
  const connection = await connect(url, scripts)
  connection.on('error', failed)
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 1_000)
    connection.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
  // Once a command has timed out the next ones need not wait for the same: they fail at once until Redis has answered a ping.
  let stalled = false
  const probe = async (): Promise<void> => {
    while (stalled && connection.status !== 'end') {
      stalled = await within(connection.ping()).then(
        () => false,
        () => pause(100).then(() => true),
      )
    }
  }
  const watch = (error: unknown): never => {
    if (!stalled && !connection.isCluster && error instanceof CommandTimeout) {
      stalled = true
      void probe()
    }
    throw error
  }
  const commands = connection as unknown as Record<Name, (...args: (string | number)[]) => Promise<unknown>>
  const batch = createBatch(connection)
  return {
    run: (name, keys, args = []) => {
      if (stalled) return Promise.reject(new Error('Redis has not answered'))
      batch()
      return within(commands[name](...keys, ...args)).catch(watch)
    },
    command: (name, ...args) => connection.call(name, ...args),
    ping: async () => {
      await within(connection.ping())
    },
    cluster: connection.isCluster,
    close: () => connection.disconnect(),
  }
}
