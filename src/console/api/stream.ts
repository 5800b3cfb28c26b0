/** The live tail as server-sent events. `id` is the index in the log, so a client that sends
 * Last-Event-ID misses nothing and sees nothing twice. */
import type { Request, Response } from 'express'
import { untilDrained } from '../../http/backpressure.ts'
import { type EventRow, eventsOfApp } from '../../journal/store/queries/log.ts'
import type { Source } from '../../journal/store/queries/source.ts'
import { withTimeout } from '../../platform/deadline.ts'
import type { Tail } from './tail.ts'

interface StreamOptions {
  readonly tenant: string
  /** Index to begin with, when there is no Last-Event-ID. */
  readonly from?: number
  /** The source for whole pages, of a reader who is behind. */
  readonly bulk?: Source
  readonly draining: () => boolean
  /** False (session ended, role lost) ends the stream. */
  readonly mayGoOn: () => Promise<boolean>
}

const page = 200
const waitMs = 1_000
const beatEveryMs = 15_000

export const streamEvents = async (
  tail: Tail,
  req: Request,
  res: Response,
  { tenant, from, bulk, draining, mayGoOn }: StreamOptions,
): Promise<void> => {
  const last = Number(req.headers['last-event-id'] ?? Number.NaN)
  let next = Number.isSafeInteger(last) && last >= 0 ? last + 1 : (from ?? (await tail.size()))
  let behind = false
  let beat = performance.now()
  const closed = Promise.withResolvers<void>()
  res.once('close', () => closed.resolve())
  res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
  res.write('retry: 1000\n\n')

  const read = (): Promise<EventRow[]> => (behind && bulk ? eventsOfApp(bulk, tenant, next, page) : tail.page(tenant, next, page))
  /** At most one page in memory for a client that does not read. */
  const pass = async (size: number): Promise<void> => {
    const rows = await read().catch(() => undefined)
    if (!rows) return void (await withTimeout(waitMs, closed.promise))
    if (rows.length > 0) res.write(rows.map(({ index, body }) => `id: ${index}\ndata: ${body}\n\n`).join(''))
    const after = (rows.at(-1)?.index ?? next - 1) + 1
    behind = rows.length === page && after < size
    next = behind ? after : Math.max(after, size)
  }

  let size = next
  while (!res.destroyed && !res.writableEnded && !draining()) {
    if (!(await mayGoOn())) break
    const now = performance.now()
    if (now - beat > beatEveryMs && !res.writableNeedDrain) {
      beat = now
      res.write(`id: ${next - 1}\n: \n\n`)
    }
    if (res.writableNeedDrain) {
      await untilDrained(res, waitMs)
      continue
    }
    // A stream that is behind reads on without waiting for a turn.
    if (!behind) size = await Promise.race([tail.grown(next, waitMs), closed.promise.then(() => 0)])
    if (size > next) await pass(size)
  }
  res.end()
}
