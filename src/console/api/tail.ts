/** The end of the log as all live streams of a process watch it: one query a moment tells that it
 * has grown, and streams at the same place share the read of what is new. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type EventRow, eventsOfApp, treeHead } from '../../journal/store/queries/log.ts'
import type { Source } from '../../journal/store/queries/source.ts'
import { createSharedRuns } from '../../platform/concurrency.ts'

const lookEveryMs = 200
/** Each page that hears of an event asks for its rows, and a thousand at once would hold up the
 * deletions: some hear of it at once, the others in turns. */
const turn = { streams: 10, everyMs: 100 }

export const createTail = (store: Source) => {
  const read = createSharedRuns<EventRow[]>()
  const waiting = new Set<{ readonly index: number; readonly tell: (size: number) => void }>()
  let size = 0
  let looking = false

  const tellAll = async (): Promise<void> => {
    let told = 0
    for (const it of waiting) {
      if (size <= it.index) continue
      if (told > 0 && told % turn.streams === 0) await sleep(turn.everyMs, undefined, { ref: false })
      told += 1
      it.tell(size)
    }
  }

  /** Another replica may have written, so the store is asked; only while somebody waits. */
  const look = async (): Promise<void> => {
    if (looking) return
    looking = true
    while (waiting.size > 0) {
      size = (await treeHead(store).catch(() => ({ size }))).size
      await tellAll()
      await sleep(lookEveryMs, undefined, { ref: false })
    }
    looking = false
  }

  return {
    /** The size of the log now. */
    size: async (): Promise<number> => (await treeHead(store)).size,
    /** Resolves to the size of the log when it has grown beyond `index` and it is the caller's
     * turn; to `index` after so many milliseconds. */
    grown: async (index: number, milliseconds: number): Promise<number> => {
      const { promise, resolve } = Promise.withResolvers<number>()
      const one = { index, tell: resolve }
      const timer = setTimeout(resolve, milliseconds, index).unref()
      waiting.add(one)
      void look()
      const found = await promise
      clearTimeout(timer)
      waiting.delete(one)
      return found
    },
    /** Events of this app from `index` on. */
    page: (app: string, index: number, limit: number): Promise<EventRow[]> =>
      read(`${app} ${index}`, () => eventsOfApp(store, app, index, limit)),
  }
}

export type Tail = ReturnType<typeof createTail>
