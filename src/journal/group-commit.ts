/** Group commit, in front of a store: many callers share one transaction and one fsync. */
import type { Committed, Entry, Result } from './store.ts'

const LARGEST_BATCH = 256
/** How long what nobody waits for may wait for company. A commit costs a signature and an fsync, however little is in it. */
const COMPANY_MILLISECONDS = 40

interface Waiting {
  readonly entry: Entry
  readonly patient: boolean
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** One batch in flight, the next fills meanwhile. A patient entry goes with the next batch that somebody is waiting for, or soon. */
export function groupCommit(
  commit: (entries: readonly Entry[]) => Promise<Committed>,
  committed: (batch: Committed) => void = () => {},
): (entry: Entry, patient?: boolean) => Promise<Result> {
  let waiting: Waiting[] = []
  let running = false
  let soon: NodeJS.Timeout | undefined

  const write = async (batch: readonly Waiting[]): Promise<void> => {
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
  const run = async (): Promise<void> => {
    clearTimeout(soon)
    soon = undefined
    if (running) return
    running = true
    do {
      const batch = waiting.slice(0, LARGEST_BATCH)
      waiting = waiting.slice(LARGEST_BATCH)
      await write(batch)
    } while (waiting.length >= LARGEST_BATCH || waiting.some(({ patient }) => !patient))
    running = false
    if (waiting.length > 0) later()
  }
  const later = (): void => {
    soon ??= setTimeout(() => void run(), COMPANY_MILLISECONDS)
  }
  return (entry, patient = false) =>
    new Promise((resolve, reject) => {
      waiting.push({ entry, patient, resolve, reject })
      if (running) return
      if (patient && waiting.length < LARGEST_BATCH) later()
      else void run()
    })
}
