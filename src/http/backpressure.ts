/** Back-pressure of an answer in pieces. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { withTimeout } from '../platform/deadline.ts'

/** Waits until the client has taken what was written or has gone, or the time (ms) is over. */
export const untilDrained = async (res: ServerResponse, withinMs = 300_000): Promise<void> => {
  if (!res.writableNeedDrain || res.destroyed) return
  const over = new AbortController()
  const either = Promise.race([once(res, 'drain', over), once(res, 'close', over)])
  await withTimeout(withinMs, either).catch(() => undefined)
  over.abort()
}
