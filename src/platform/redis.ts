/** Redis for its callers: scripts and commands, each answered or refused in time, and connections that fail replaced. */
import type { Cluster, Redis } from 'ioredis'
import { type Call, createBatches, forAll, type Script } from './redis-batches.ts'
import { connect, type RedisSource } from './redis-connection.ts'
import { createOutageNews, type Tell } from './redis-connection-log.ts'
import { proofKeys, proofScript } from './redis-proof.ts'

export interface RedisClient<Name extends string = string> {
  /** Runs a registered script. Rejects within about 200 ms when Redis does not answer. */
  run(name: Name, keys: readonly string[], args?: readonly (string | number)[]): Promise<unknown>
  /** Any one command. */
  command(name: string, ...args: (string | number)[]): Promise<unknown>
  /** Whether calls would be served: what they need is asked of Redis, and done. */
  prove(): Promise<void>
  /** Keys of different tags lie on different nodes. */
  readonly cluster: boolean
  close(): void
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

/** A refusal comes from Redis, too. */
const isRefusal = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError'

const isAnswered = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    (error: unknown) => isRefusal(error),
  )

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())

/** What a replica says to who would write. */
const demotion = /\b(READONLY|MASTERDOWN)\b/

/** `tell` hears how the connection does; commands reject by themselves. Resolves once the first connection is up and its set-up was tried, or after a second with Redis still away. */
export const connectRedis = async <Name extends string>(
  source: RedisSource,
  scripts: Record<Name, Script>,
  tell: Tell,
  { mayEvict = true } = {},
): Promise<RedisClient<Name>> => {
  const all = Object.entries<Script>({ ...scripts, bffProve: proofScript })
  const connection = await connect(source, Object.fromEntries(all.map(([name, it]) => [name, forAll(it)])))
  const isClosed = (): boolean => connection.status === 'end'
  const failed = createOutageNews(
    tell,
    () =>
      prove().then(
        () => true,
        () => false,
      ),
    isClosed,
  )
  // Of a Cluster the library says that no node answered, and beside it what the last one said.
  connection.on('error', (error: Error & { lastNodeError?: Error }) => failed(error.lastNodeError ?? error))
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
      else demoted = refusal !== undefined && !isRefusal(refusal)
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
  const run = (name: string, keys: readonly string[], args: readonly (string | number)[] = []): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (isStalled()) reject(new Error('Redis has not answered'))
      else batched(name, { keys, args, resolve, reject })
    })
  const command = (name: string, ...args: (string | number)[]): Promise<unknown> => within(connection.call(name, ...args)).catch(watch)
  let isPolicyKnown = mayEvict
  /** Who may not ask hears nothing. */
  const lookAtEviction = async (): Promise<void> => {
    isPolicyKnown = true
    const policy = String(await command('CONFIG', 'GET', 'maxmemory-policy').catch(() => '')).split(',')[1] ?? 'noeviction'
    if (policy === 'noeviction') return
    tell({
      level: 'warn',
      text: `evicts keys when its memory is full (maxmemory-policy is ${policy}): that ends sessions and forgets what was revoked; set it to noeviction`,
    })
  }
  const prove = async (): Promise<void> => {
    if (demoted) throw new Error('Redis is a replica here')
    try {
      await Promise.all([run('bffProve', proofKeys(connection.isCluster)), command('EVAL', 'return 1', 0)])
    } catch (error) {
      if (isRefusal(error)) failed(error)
      throw error
    }
    if (!isPolicyKnown) await lookAtEviction()
  }
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 1_000)
    connection.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
  await prove().catch(() => undefined)
  return { run, command, prove, cluster: connection.isCluster, close: () => connection.disconnect() }
}
