/** The one rule for sending again: only a `read`, at most two more times, with jitter, and only where the vendor did not answer or asked for patience. */
import type { Operation } from '../operation.ts'
import type { Reply } from './answer.ts'

const again: ReadonlySet<number> = new Set([429, 502, 503, 504])
const most = 2
/** A longer `Retry-After` is the caller's to wait. */
const patience = 2

const isWorthwhile = (reply: Reply): boolean =>
  'none' in reply ? reply.none === 'reset' : again.has(reply.status) && (reply.retryAfter ?? 0) <= patience

/** Milliseconds until the next try, or undefined when there is none. */
export const retryDelay = (row: Operation, reply: Reply, retries: number): number | undefined => {
  if (row.effect !== 'read' || retries >= most || !isWorthwhile(reply)) return undefined
  const asked = 'none' in reply ? 0 : (reply.retryAfter ?? 0) * 1000
  return asked + Math.random() * 100 * 2 ** retries
}
