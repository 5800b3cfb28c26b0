/** The end of the log as all live streams of a process watch it: one query a moment tells that it has
 * grown, and streams at the same place share the read of what is new. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type EventRow, eventsOfApp, treeHead } from '../../journal/store/queries/log.ts'
import type { Source } from '../../journal/store/queries/source.ts'
import { createSharedRuns } from '../../platform/concurrency.ts'

const lookEveryMs = 200

export interface Tail {
  /** The size of the log now. */
  size(): Promise<number>
  /** Resolves when the log has grown beyond `index`, at the latest after so many milliseconds; to
   * its size. */
  grown(index: number, milliseconds: number): Promise<number>
  /** Events of this app from `index` on. */
  page(app: string, index: number, limit: number): Promise<EventRow[]>
}

export const createTail = (store: Source): Tail => {
  const read = createSharedRuns<EventRow[]>()
  const waiting = new Set<{ readonly index: number; readonly tell: () => void }>()
  let size = 0
  let looking = false

  /** Another replica may have written, so the store is asked; only while somebody waits. */
  const look = async (): Promise<void> => {
    if (looking) return
    looking = true
    while (waiting.size > 0) {
      size = (await treeHead(store).catch(() => ({ size }))).size
      for (const it of waiting) if (size > it.index) it.tell()
      await sleep(lookEveryMs, undefined, { ref: false })
    }
    looking = false
  }

  return {
    size: async () => (await treeHead(store)).size,
    grown: async (index, milliseconds) => {
      if (size > index) return size
      const { promise, resolve } = Promise.withResolvers<void>()
      const one = { index, tell: resolve }
      const timer = setTimeout(resolve, milliseconds)
      waiting.add(one)
      void look()
      await promise
      clearTimeout(timer)
      waiting.delete(one)
      return size
    },
    page: (app, index, limit) => read(`${app} ${index}`, () => eventsOfApp(store, app, index, limit)),
  }
}
