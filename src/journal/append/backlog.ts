/** Entries that wait in memory for the store: outcomes of guarded calls without bound, since their
 * calls wait too; recorded events with one. Lost events are counted and reported. */
import { type Entry, entryOf, type Result, systemEvent } from '../store/journal-store.ts'

export interface Lost {
  /** Events lost since the last report. */
  readonly count: number
  /** Events that still wait. */
  readonly waiting: number
}

type Append = (entries: readonly Entry[]) => Promise<Result[]>

interface BacklogParts {
  readonly append: Append
  readonly now: () => Date
  /** Called at most once a second. */
  readonly onLost: (lost: Lost) => void
}

/** Of those whose people are being looked up, as many again. */
export const maxWaiting = 5000
/** An update's values may be 200 KB, and 5,000 of them would be the end of the process. */
export const maxWaitingBytes = 64 * 1024 * 1024

const bytesOf = ({ body, parts }: Entry): number => parts.reduce((sum, { sealed }) => sum + sealed.length, body.length)

export const createBacklog = ({ append, now, onLost }: BacklogParts) => {
  const kept: { readonly entries: readonly Entry[]; readonly resolve: (results: Result[]) => void; readonly since: number }[] = []
  let [waiting, waitingBytes, dropped, unrecorded, untold] = [0, 0, 0, 0, 0]
  let toldAt = 0
  let timer: NodeJS.Timeout | undefined

  const tell = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (untold > 0) onLost({ count: untold, waiting })
    untold = 0
    toldAt = performance.now()
  }
  const lose = (count: number): void => {
    dropped += count
    unrecorded += count
    untold += count
    timer ??= setTimeout(tell, Math.max(0, toldAt + 1_000 - performance.now())).unref()
  }

  const appendUntilDone = async (entries: readonly Entry[]): Promise<Result[]> => {
    const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0)
    waiting += entries.length
    waitingBytes += bytes
    const results = await append(entries).catch(
      () =>
        new Promise<Result[]>((resolve) => {
          kept.push({ entries, resolve, since: performance.now() })
        }),
    )
    waiting -= entries.length
    waitingBytes -= bytes
    return results
  }
  const gap = (): Entry[] => {
    const count = unrecorded
    unrecorded = 0
    return count > 0 ? [entryOf(systemEvent('event_lost', { count }, now()))] : []
  }

  return {
    appendUntilDone,
    appendLater: (entries: readonly Entry[]): void => {
      let bytes = waitingBytes
      const taken = entries.slice(0, Math.max(0, maxWaiting - waiting)).filter((entry) => {
        const fits = bytes + bytesOf(entry) <= maxWaitingBytes
        if (fits) bytes += bytesOf(entry)
        return fits
      })
      if (taken.length < entries.length) lose(entries.length - taken.length)
      const roomForGap = taken.length === entries.length && waiting + taken.length < maxWaiting
      if (taken.length > 0) void appendUntilDone([...(roomForGap ? gap() : []), ...taken])
    },
    /** Writes the waiting entries; rejects without losing any. */
    flush: async (commit: Append): Promise<void> => {
      const missing = gap()
      if (missing.length > 0) kept.push({ entries: missing, resolve: () => undefined, since: performance.now() })
      const batch = [...kept]
      for (const { entries } of batch) for (const entry of entries) entry.again = true
      const results = await Promise.all(batch.map(({ entries }) => commit(entries)))
      kept.splice(0, batch.length)
      for (const [at, { resolve }] of batch.entries()) resolve(results[at]!)
    },
    lose,
    waiting: (): number => waiting,
    dropped: (): number => dropped,
    /** How long the first entry that the store did not take has waited. */
    lagMs: (): number => (kept[0] ? performance.now() - kept[0].since : 0),
    /** At the end of the process, entries that still wait are lost. */
    close: (): void => {
      if (waiting > 0) lose(waiting)
      tell()
    },
  }
}
