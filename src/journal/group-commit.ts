/** Group commit, in front of a store: many callers share one transaction and one fsync. */
import type { Committed, Entry, Result } from './store.ts'

const LARGEST_BATCH = 256

/** Group commit: one batch in flight, the next fills meanwhile. */
export function groupCommit(
  commit: (entries: readonly Entry[]) => Promise<Committed>,
  committed: (batch: Committed) => void = () => {},
): (entry: Entry) => Promise<Result> {
  let waiting: { entry: Entry; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = []
  let running = false
  const run = async (): Promise<void> => {
    running = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, LARGEST_BATCH)
      waiting = waiting.slice(LARGEST_BATCH)
      try {
        const done = await commit(batch.map(({ entry }) => entry))
        committed(done)
        batch.forEach(({ resolve }, at) => {
          resolve(done.results[at]!)
        })
      } catch (error) {
        for (const { entry, reject } of batch) {
          // It may have been committed although we were told of an error.
          entry.again = true
          reject(error)
        }
      }
    }
    running = false
  }
  return (entry) =>
    new Promise((resolve, reject) => {
      waiting.push({ entry, resolve, reject })
      if (!running) void run()
    })
}
