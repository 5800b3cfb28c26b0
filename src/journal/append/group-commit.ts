/** Group commit in front of a store: many callers share one transaction and one fsync. */
import type { Committed, Entry, Result } from '../store/journal-store.ts'

const maxBatch = 256

interface Waiting {
  readonly entries: readonly Entry[]
  readonly resolve: (results: Result[]) => void
  readonly reject: (error: unknown) => void
}

/** One batch in flight, while the next fills. Entries of one call stay together. */
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
      // Rejected too: behind a failing store they would only wait longer.
      for (const { reject } of waiting.splice(0)) reject(error)
      for (const { entries, reject } of batch) {
        // They may have been committed in spite of the error.
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
    } while (many < waiting.length && size + waiting[many]!.entries.length <= maxBatch)
    return waiting.splice(0, many)
  }
  const run = async (): Promise<void> => {
    running = true
    // Entries of one turn of the event loop go together.
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
