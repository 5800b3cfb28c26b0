/** Work that must be done in the end: tried every second until then, with or without a caller. */

const pauseMs = 1_000
/** In one round: while all of the store is away, each waits for it in vain. */
const maxFailures = 10
/** More would wait for one outage only when something else is wrong. */
const maxOpen = 10_000

export const createUntilDone = () => {
  const open = new Set<() => Promise<unknown>>()
  let timer: NodeJS.Timeout | undefined
  const again = async (): Promise<void> => {
    let failures = 0
    for (const work of [...open]) {
      if (!open.has(work) || failures === maxFailures) break
      try {
        await work()
        open.delete(work)
      } catch {
        failures += 1
        // Behind the others: it may be of a node of the store that alone is away.
        if (open.delete(work)) open.add(work)
      }
    }
    timer = open.size > 0 ? setTimeout(again, pauseMs).unref() : undefined
  }
  return {
    /** Resolves after the first try; `failed` hears why that one failed. */
    start: async (work: () => Promise<unknown>, failed: (cause: unknown) => void): Promise<void> => {
      try {
        await work()
      } catch (cause) {
        failed(cause)
        if (open.size < maxOpen) open.add(work)
        timer ??= setTimeout(again, pauseMs).unref()
      }
    },
    [Symbol.dispose]: (): void => {
      open.clear()
      clearTimeout(timer)
    },
  }
}

export type UntilDone = ReturnType<typeof createUntilDone>
