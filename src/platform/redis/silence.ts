/** Nodes on which a command timed out: further ones fail at once, until one is answered there. */
import type { Cluster, Redis } from 'ioredis'
import { isAnswered, pause, withCommandTimeout } from './answer.ts'

/** A connection without any answer for so long is replaced. */
const silenceMs = 1_000

export const createSilence = (connection: Redis | Cluster, nodeOf: (key: string) => string, failed: (error: Error) => void) => {
  const silent = new Set<string>()
  const linkTo = (node: string): Redis | undefined =>
    connection.isCluster
      ? (connection as Cluster).nodes().find(({ options }) => `${options.host}:${options.port}` === node)
      : (connection as Redis)

  return {
    holds: (key: string): boolean => silent.size > 0 && silent.has(nodeOf(key)),
    /** Asks by the same key, which leads to the successor of a lost node. Replaces a connection
     * that stays silent, since the network may have forgotten it. */
    untilAnswered: async (key: string): Promise<void> => {
      const node = nodeOf(key)
      if (silent.has(node)) return
      silent.add(node)
      for (let since = performance.now(); connection.status !== 'end' && nodeOf(key) === node; await pause(100)) {
        if (await isAnswered(withCommandTimeout(connection.call('GET', key)))) break
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
