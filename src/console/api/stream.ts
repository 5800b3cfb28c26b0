/** The live tail as server-sent events. `id` is the index in the log, so a client that sends
 * Last-Event-ID misses nothing and sees nothing twice. */
import type { Request, Response } from 'express'
import { drained } from '../../http/backpressure.ts'
import { type EventRow, eventsOfApp, treeHead } from '../../journal/store/queries/log.ts'
import type { Source } from '../../journal/store/queries/source.ts'
import { withTimeout } from '../../platform/deadline.ts'

export interface StreamOptions {
  readonly tenant: string
  /** Index to begin with, when there is no Last-Event-ID. */
  readonly from?: number
  /** The source for whole pages, of a reader who is behind. */
  readonly bulk?: Source
  readonly draining: () => boolean
  /** Asked every ten seconds; false (session ended, role lost) ends the stream. */
  readonly mayGoOn: () => Promise<boolean>
}

const page = 200
const lookEveryMs = 200
const checkEveryMs = 10_000
const beatEveryMs = 15_000

/** The log is polled: another replica may have written to it. */
export const streamEvents = async (
  store: Source,
  req: Request,
  res: Response,
  { tenant, from, bulk = store, draining, mayGoOn }: StreamOptions,
): Promise<void> => {
  const last = Number(req.headers['last-event-id'] ?? Number.NaN)
  let next = Number.isSafeInteger(last) && last >= 0 ? last + 1 : (from ?? (await treeHead(store)).size)
  let behind = false
  let checked = Date.now()
  let beat = Date.now()
  const closed = Promise.withResolvers<void>()
  res.once('close', () => closed.resolve())
  res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
  res.write('retry: 1000\n\n')
  while (!res.destroyed && !res.writableEnded && !draining()) {
    // At most one page in memory for a client that does not read.
    const rows: EventRow[] = res.writableNeedDrain ? [] : await eventsOfApp(behind ? bulk : store, tenant, next, page).catch(() => [])
    if (rows.length > 0) res.write(rows.map(({ index, body }) => `id: ${index}\ndata: ${body}\n\n`).join(''))
    next = (rows.at(-1)?.index ?? next - 1) + 1
    behind = rows.length === page
    const now = Date.now()
    if (now - checked > checkEveryMs) {
      checked = now
      if (!(await mayGoOn().catch(() => true))) break
    }
    if (now - beat > beatEveryMs && !res.writableNeedDrain) {
      beat = now
      res.write(`id: ${next - 1}\n: \n\n`)
    }
    if (res.writableNeedDrain) await drained(res, lookEveryMs)
    else if (rows.length < page) await withTimeout(lookEveryMs, closed.promise)
  }
  res.end()
}
