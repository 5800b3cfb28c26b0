/** Redis for its callers: scripts and commands, answered or refused in time, over connections that
 * are replaced when they fail. */
import type { Cluster, Redis } from 'ioredis'
import type { ObserveRedis } from '../metrics/metrics.ts'
import { CommandTimeout, isRefusal, withCommandTimeout } from './answer.ts'
import { type Call, createBatches, forAll, type Script } from './batches.ts'
import { connect, createOutageNews, type RedisSource, type Tell } from './connection.ts'
import { createDemotion } from './demotion.ts'
import { proofKeys, proofScript } from './proof.ts'
import { createSilence } from './silence.ts'

export interface RedisClient<Name extends string = string> {
  /** Runs a registered script; rejects within about 200 ms when Redis does not answer. */
  run(name: Name, keys: readonly string[], args?: readonly (string | number)[]): Promise<unknown>
  /** Any one command. */
  command(name: string, ...args: (string | number)[]): Promise<unknown>
  /** One command, answered by each master: several of a Cluster, else one. */
  each(name: string, ...args: (string | number)[]): Promise<unknown[]>
  /** Resolves when calls would be served; else rejects with the reason. */
  prove(): Promise<void>
  /** True when keys of different tags lie on different nodes. */
  readonly cluster: boolean
  close(): void
}

/** `tell` hears of the connection's state; calls reject by themselves. Resolves after the first
 * connection is set up, or after a second without Redis. */
export const connectRedis = async <Name extends string>(
  source: RedisSource,
  scripts: Record<Name, Script>,
  tell: Tell,
  { mayEvict = true, observe = () => undefined }: { mayEvict?: boolean; observe?: ObserveRedis | undefined } = {},
): Promise<RedisClient<Name>> => {
  const all = Object.entries<Script>({ ...scripts, bffProve: proofScript })
  const { connection, keyOf, nodeOf } = await connect(source, Object.fromEntries(all.map(([name, it]) => [name, forAll(it)])))
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
  // For a Cluster the library says only that no node answered; `lastNodeError` has the cause.
  connection.on('error', (error: Error & { lastNodeError?: Error }) => failed(error.lastNodeError ?? error))
  const silence = createSilence(connection, nodeOf, failed)
  const demotion = createDemotion(connection, failed)
  const timed = <T>(asked: Promise<T>): Promise<T> => {
    const started = performance.now()
    asked.then(
      (answer) => observe(Array.isArray(answer) && answer.some(isRefusal) ? 'refused' : 'answered', performance.now() - started),
      (error: unknown) => observe(isRefusal(error) ? 'refused' : 'unanswered', performance.now() - started),
    )
    return asked
  }
  const watch = (error: unknown, key: string): never => {
    if (error instanceof Error) demotion.suspect(error)
    if (error instanceof CommandTimeout) void silence.untilAnswered(key)
    throw error
  }
  const commands = connection as unknown as Record<string, (...args: (string | number)[]) => Promise<readonly unknown[]>>
  const send = (name: string, calls: readonly Call[]) => {
    const keys = calls.flatMap((call) => call.keys)
    const args = calls.flatMap((call) => call.args)
    return timed(withCommandTimeout(commands[name]!(keys.length, ...keys, calls[0]!.args.length, ...args))).catch((error: unknown) =>
      watch(error, keys[0]!),
    )
  }
  const batched = createBatches(send, demotion.suspect, connection.isCluster)
  const run = (name: string, keys: readonly string[], args: readonly (string | number)[] = []): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (silence.holds(keys[0]!)) reject(new Error('Redis has not answered'))
      else batched(name, { keys, args, resolve, reject })
    })
  const command = (name: string, ...args: (string | number)[]): Promise<unknown> =>
    timed(withCommandTimeout(connection.call(name, ...args))).catch((error: unknown) =>
      watch(error, keyOf(name, args) ?? proofKeys(connection.isCluster)[0]),
    )
  const each = (name: string, ...args: (string | number)[]): Promise<unknown[]> => {
    const masters = connection.isCluster ? (connection as Cluster).nodes('master') : [connection as Redis]
    return Promise.all(masters.map((link) => withCommandTimeout(link.call(name, ...args))))
  }
  let isPolicyKnown = mayEvict
  /** Silent when the user may not read the configuration. */
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
    if (demotion.is()) throw new Error('this Redis takes no writes: it is a replica, or lacks replicas of its own')
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
  return { run, command, each, prove, cluster: connection.isCluster, close: () => connection.disconnect() }
}
