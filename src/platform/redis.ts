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
// Ours ends a command first (see `within`); these bound the handshake of a connection, and the parting from one that is silent.
const bounded = { commandTimeout: 1_000, connectTimeout: 1_000, disconnectTimeout: 100, maxRetriesPerRequest: 1 }

type Connection = Redis | Cluster

const connect = async (url: string, scripts: Record<string, { lua: string }>): Promise<Connection> => {
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

/** The promise is an answer within 300 ms of an outage; the rest is for a busy event loop. */
const commandMs = 200

class CommandTimeout extends Error {
  constructor() {
    super('Redis did not answer in time')
  }
}

/** Four quarters, so that a loop which was busy for long is not taken for a Redis that is slow; and it runs late timers before it reads what has long arrived, so the answer gets one more turn. */
const within = <T>(command: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    let left = 4
    const quarter = (): void => {
      left -= 1
      if (left > 0) timer = setTimeout(quarter, commandMs / 4)
      else setImmediate(() => setImmediate(() => reject(new CommandTimeout())))
    }
    let timer = setTimeout(quarter, commandMs / 4)
    command.then(resolve, reject).finally(() => clearTimeout(timer))
  })

/** A connection on which nothing has come for so long, although it was asked, leads nowhere. */
const silenceMs = 1_000

const isAnswered = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  )

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())

/** Runs a script for several callers. Each has its own keys and arguments and its own answer, an error too; ARGV[1] is how many arguments each has. */
const forAll = ({ lua, numberOfKeys }: Script): { lua: string } => ({
  lua: `local function one(KEYS, ARGV)
${lua}
end
local k, a, answers = ${numberOfKeys}, tonumber(ARGV[1]), {}
for i = 0, #KEYS / k - 1 do
  local ok, answer = pcall(one, {unpack(KEYS, i * k + 1, i * k + k)}, {unpack(ARGV, i * a + 2, i * a + a + 1)})
  if not ok and type(answer) ~= 'table' then answer = {err = tostring(answer)} end
  if answer == nil then answer = false end
  answers[i + 1] = answer
end
return answers`,
})

/** What a replica says to who would write. */
const demotion = /\b(READONLY|MASTERDOWN)\b/

interface Call {
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Batch {
  readonly name: string
  /** How many arguments each call has. */
  readonly width: number
  readonly slot: string | undefined
  readonly calls: Call[]
}

/** More would keep Redis from its other clients for too long. */
const maxBatch = 64

/** Equal scripts called in one turn of the loop leave as one command: at load, a command costs this process more than all that it does. */
const createBatches = (
  send: (name: string, calls: readonly Call[]) => Promise<readonly unknown[]>,
  refused: (error: Error) => void,
  cluster: boolean,
) => {
  // No Map: when one is emptied its old table goes on pointing at the new one, and so keeps what requests left until a full collection.
  let open: Batch[] = []
  const depart = ({ name, calls }: Batch): void =>
    void send(name, calls).then(
      (answers) => {
        for (const [at, { resolve, reject }] of calls.entries()) {
          const answer = answers[at]
          if (answer instanceof Error) {
            refused(answer)
            reject(answer)
          } else resolve(answer)
        }
      },
      (error: unknown) => {
        for (const { reject } of calls) reject(error)
      },
    )
  const departAll = (): void => {
    const batches = open
    open = []
    batches.forEach(depart)
  }
  return (name: string, call: Call): void => {
    // On a Cluster one command stays on one node.
    const slot = cluster ? /\{[^{}]*\}/.exec(call.keys[0]!)?.[0] : undefined
    const batch = open.find((it) => it.name === name && it.width === call.args.length && it.slot === slot && it.calls.length < maxBatch)
    if (batch) return void batch.calls.push(call)
    if (open.length === 0) setImmediate(departAll)
    open.push({ name, width: call.args.length, slot, calls: [call] })
  }
}

/** `failed` hears of connection errors; commands reject by themselves. Resolves once the first connection is up, or after `connectTimeout` with Redis still away. */
export const connectRedis = async <Name extends string>(
  url: string,
  scripts: Record<Name, Script>,
  failed: (error: Error) => void,
): Promise<RedisClient<Name>> => {
  const connection = await connect(url, Object.fromEntries(Object.entries<Script>(scripts).map(([name, it]) => [name, forAll(it)])))
  connection.on('error', failed)
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 1_000)
    connection.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
  // Once a command has timed out the next ones need not wait for the same: they fail at once until Redis has answered a ping.
  const silent = new Set<Redis>()
  const isStalled = (): boolean => silent.size > 0 && !connection.isCluster
  /** A connection that stays silent is replaced: when the network has forgotten it, nothing else would ever end it. */
  const probe = async (link: Redis): Promise<void> => {
    silent.add(link)
    for (let since = performance.now(); link.status !== 'end'; await pause(100)) {
      if (await isAnswered(within(link.ping()))) break
      if (performance.now() - since < silenceMs || !['connect', 'ready'].includes(link.status)) continue
      since = performance.now()
      failed(new Error('Redis says nothing on this connection; another one is made'))
      link.disconnect(true)
    }
    silent.delete(link)
  }
  // The server at the other end has become a replica, as when its address was given to another: a new connection may lead to who is the master now.
  let demoted = false
  const seekMaster = async (): Promise<void> => {
    while (demoted && connection.status !== 'end') {
      await pause(300)
      const refusal = await within(connection.call('SET', 'bff:writable', '1', 'PX', '1')).then(
        () => undefined,
        (error: Error) => error,
      )
      if (refusal && demotion.test(refusal.message)) connection.disconnect(true)
      // A full memory is refused by a master.
      else demoted = refusal !== undefined && refusal.name !== 'ReplyError'
    }
  }
  const probeOnce = (error: Error): void => {
    if (demoted || connection.isCluster || !demotion.test(error.message)) return
    demoted = true
    failed(error)
    connection.disconnect(true)
    void seekMaster()
  }
  const links = (): Redis[] => (connection.isCluster ? (connection as Cluster).nodes() : [connection as Redis])
  const watch = (error: unknown): never => {
    if (error instanceof Error) probeOnce(error)
    if (error instanceof CommandTimeout) for (const link of links()) if (!silent.has(link)) void probe(link)
    throw error
  }
  const commands = connection as unknown as Record<string, (...args: (string | number)[]) => Promise<readonly unknown[]>>
  const send = (name: string, calls: readonly Call[]) => {
    const keys = calls.flatMap((call) => call.keys)
    const args = calls.flatMap((call) => call.args)
    return within(commands[name]!(keys.length, ...keys, calls[0]!.args.length, ...args)).catch(watch)
  }
  const batched = createBatches(send, probeOnce, connection.isCluster)
  return {
    run: (name, keys, args = []) =>
      new Promise((resolve, reject) => {
        if (isStalled()) reject(new Error('Redis has not answered'))
        else batched(name, { keys, args, resolve, reject })
      }),
    command: (name, ...args) => within(connection.call(name, ...args)).catch(watch),
    ping: async () => {
      if (demoted) throw new Error('Redis is a replica here')
      await within(connection.ping())
    },
    cluster: connection.isCluster,
    close: () => connection.disconnect(),
  }
}
