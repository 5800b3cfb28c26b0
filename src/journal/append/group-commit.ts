/** Group commit, in front of a store: many callers share one transaction and one fsync. */
import type { Committed, Entry, Result } from '../store/contract.ts'

const LARGEST_BATCH = 256

interface Waiting {
  readonly entries: readonly Entry[]
  readonly resolve: (results: Result[]) => void
  readonly reject: (error: unknown) => void
}

/** One batch in flight, the next fills meanwhile. What was given together is never parted. */
export function groupCommit(
  commit: (entries: readonly Entry[]) => Promise<Committed>,
  committed: (batch: Committed) => void = () => {},
): (entries: readonly Entry[]) => Promise<Result[]> {
  const waiting: Waiting[] = []
  let running = false

  const write = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const done = await commit(batch.flatMap(({ entries }) => entries))
      committed(done)
      const results = [...done.results]
      for (const { entries, resolve } of batch) resolve(results.splice(0, entries.length))
    } catch (error) {
      // Whoever waits behind a store that fails would only wait longer.
      for (const { reject } of waiting.splice(0)) reject(error)
      for (const { entries, reject } of batch) {
        // They may have been committed although we were told of an error.
        for (const entry of entries) entry.again = true
        reject(error)
      }
    }
  }
  const next = (): Waiting[] => {
    let [many, size] = [0, 0]
    do {
      size += waiting[many]!.entries.length
      many += 1
    } while (many < waiting.length && size + waiting[many]!.entries.length <= LARGEST_BATCH)
    return waiting.splice(0, many)
  }
  const run = async (): Promise<void> => {
    running = true
    // What comes in one go goes together.
    await Promise.resolve()
    while (waiting.length > 0) await write(next())
    running = false
  }
  return (entries) =>
    new Promise((resolve, reject) => {
      waiting.push({ entries, resolve, reject })
      if (!running) void run()
    })
}
