/** The lease of a process: a lock in PostgreSQL that ends with its connection. */
import { type Connection, connect, connectMs, type Known } from './connection.ts'

const lookMs = 1_000
/** After a loss of power TCP would notice only after hours. So PostgreSQL ends the session after
 * this time, and another process may settle its calls. */
const leaseMs = 15_000

/** A session advisory lock: this process lives. It ends with the connection, which is used for
 * nothing else: so it is queried regularly, and reopened when silent. */
export function holdLease(url: string, name: string, known: Known): { held: Promise<void>; release(): void } {
  let ended = false
  let link: Connection | undefined
  let timer: NodeJS.Timeout | undefined
  const take = async (): Promise<void> => {
    if (link?.isOpen() === false) lost()
    link ??= await connect(url, { known, query_timeout: connectMs, server: { idle_session_timeout: leaseMs } })
    if (ended) link.cut()
    await link.client.query('SELECT pg_try_advisory_lock($1::bigint)', [name])
  }
  const lost = (): void => {
    link?.cut()
    link = undefined
  }
  const beat = (): void => {
    if (!ended) timer = setTimeout(() => void take().catch(lost).then(beat), lookMs).unref()
  }
  return {
    held: take().then(beat),
    release: () => {
      ended = true
      clearTimeout(timer)
      link?.cut()
    },
  }
}
