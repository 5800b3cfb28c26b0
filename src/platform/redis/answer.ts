/** The answer to a command: in time, a refusal, or none; and what becomes of a node that gives none,
 * or that takes no writes. */
import type { Cluster, Redis } from 'ioredis'

/** The promise is an answer within 300 ms; the difference is for a busy event loop. */
const commandMs = 200

export class CommandTimeout extends Error {
  constructor() {
    super('Redis did not answer in time')
  }
}

/** Four timers in a row: a loop that was busy runs late timers before it reads an answer that has
 * arrived, and must not take that for a slow Redis. */
export const within = <T>(command: Promise<T>): Promise<T> =>
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

/** A refusal by Redis is an answer too. */
export const isRefusal = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError'

export const isAnswered = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    (error: unknown) => isRefusal(error),
  )

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())

/** A connection without any answer for so long is replaced. */
const silenceMs = 1_000

/** Nodes on which a command timed out: further ones fail at once, until one is answered there. */
export const createSilence = (connection: Redis | Cluster, nodeOf: (key: string) => string, failed: (error: Error) => void) => {
  const silent = new Set<string>()
  const linkTo = (node: string): Redis | undefined =>
    connection.isCluster
      ? (connection as Cluster).nodes().find(({ options }) => `${options.host}:${options.port}` === node)
      : (connection as Redis)

  return {
    holds: (key: string): boolean => silent.size > 0 && silent.has(nodeOf(key)),
    /** Asks by the same key, which leads to the node that has taken the place of a lost one. Replaces a
     * connection that stays silent: the network may have forgotten it, and nothing else would end it. */
    untilAnswered: async (key: string): Promise<void> => {
      const node = nodeOf(key)
      if (silent.has(node)) return
      silent.add(node)
      for (let since = performance.now(); connection.status !== 'end' && nodeOf(key) === node; await pause(100)) {
        if (await isAnswered(within(connection.call('GET', key)))) break
        const link = linkTo(node)
        if (performance.now() - since < silenceMs || !link || !['connect', 'ready'].includes(link.status)) continue
        since = performance.now()
        failed(new Error('Redis has stopped answering on this connection; it is replaced'))
        link.disconnect(true)
      }
      silent.delete(node)
    },
  }
}

/** Errors on a write: of a replica, and of a master whose replicas follow another one now. */
const signs = /\b(READONLY|MASTERDOWN|NOREPLICAS)\b/

/** A server that became a replica, its address given to another; a new connection may help. */
export const createDemotion = (connection: Redis | Cluster, failed: (error: Error) => void) => {
  let demoted = false
  const seekMaster = async (): Promise<void> => {
    while (demoted && connection.status !== 'end') {
      await pause(300)
      const refusal = await within(connection.call('SET', 'bff:writable', '1', 'PX', '1')).then(
        () => undefined,
        (error: Error) => error,
      )
      if (refusal && signs.test(refusal.message)) connection.disconnect(true)
      // Errors of a full memory come from a master.
      else demoted = refusal !== undefined && !isRefusal(refusal)
    }
  }

  return {
    is: (): boolean => demoted,
    /** Looks whether an error is a sign of it. */
    suspect: (error: Error): void => {
      if (demoted || connection.isCluster || !signs.test(error.message)) return
      demoted = true
      failed(error)
      connection.disconnect(true)
      void seekMaster()
    },
  }
}
