/** A server that has become a replica, as when its address was given to another: a new connection
 * may reach the master. */
import type { Cluster, Redis } from 'ioredis'
import { isRefusal, pause, withCommandTimeout } from './answer.ts'

/** Errors on a write: of a replica, and of a master whose replicas follow another one now. */
const signs = /\b(READONLY|MASTERDOWN|NOREPLICAS)\b/

export const createDemotion = (connection: Redis | Cluster, failed: (error: Error) => void) => {
  let demoted = false
  const seekMaster = async (): Promise<void> => {
    while (demoted && connection.status !== 'end') {
      await pause(300)
      const refusal = await withCommandTimeout(connection.call('SET', 'bff:writable', '1', 'PX', '1')).then(
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
