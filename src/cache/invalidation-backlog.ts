/** Invalidations that the store, being away, did not take: tried each second, one for each key. */
import type { Invalidate } from './store/cache-store.ts'

const everyMs = 1_000
/** A little longer than any entry lives. */
const forMs = 330_000
const maxPending = 10_000

/** What several invalidations of one key come to. */
const strictest = (earlier: Invalidate | undefined, later: Invalidate): Invalidate =>
  earlier === undefined
    ? later
    : {
        ...earlier,
        ...later,
        blockMs: Math.max(earlier.blockMs, later.blockMs),
        // One of them may have removed what the other would keep.
        agedMs: earlier.agedMs === undefined || later.agedMs === undefined ? undefined : Math.max(earlier.agedMs, later.agedMs),
      }

export const createBacklog = (invalidate: (key: string, how: Invalidate) => Promise<void>) => {
  const pending = new Map<string, { readonly how: Invalidate; readonly until: number }>()
  let timer: NodeJS.Timeout | undefined

  const again = async (): Promise<void> => {
    for (const [key, due] of pending) {
      try {
        await invalidate(key, due.how)
      } catch {
        if (performance.now() < due.until) break
      }
      // What failed meanwhile may have come after what was done just now.
      if (pending.get(key) === due) pending.delete(key)
    }
    timer = pending.size > 0 ? setTimeout(again, everyMs).unref() : undefined
  }

  return {
    add: (key: string, how: Invalidate): void => {
      const due = pending.get(key)
      if (due || pending.size < maxPending) pending.set(key, { how: strictest(due?.how, how), until: performance.now() + forMs })
      timer ??= setTimeout(again, everyMs).unref()
    },
    close: (): void => {
      pending.clear()
      clearTimeout(timer)
    },
  }
}
