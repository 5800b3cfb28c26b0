/** The erasing of sealed parts whose time is over. Each step reaches at most a day further than the
 * one before, also over restarts, so that a clock set far ahead is seen in time. */
import { decode } from '../event/event.ts'
import { type Entry, entryOf, type Store, systemEvent } from '../store/journal-store.ts'
import { latestSystemEvent, latestTime } from '../store/queries/log.ts'

const stepMs = 86_400_000
const action = 'expired'

interface Parts {
  readonly store: Store
  readonly now: () => Date
  readonly append: (entries: readonly Entry[]) => Promise<unknown>
}

export const createExpiry = ({ store, now, append }: Parts) => {
  let reached: number | undefined
  let told = Number.NEGATIVE_INFINITY
  return {
    /** Once, by the last event that was written before this process, and the last step that was
     * told: under a clock that was ahead then too the one may lie far ahead, the other does not. */
    begin: async (): Promise<void> => {
      if (reached !== undefined) return
      const [lastEvent, lastStep] = [await latestTime(store), await latestSystemEvent(store, action)]
      if (lastStep) told = Date.parse(String(decode(lastStep.body).facts?.['until']))
      reached = Math.min(now().getTime(), ...(lastEvent ? [Date.parse(lastEvent)] : []), ...(lastStep ? [told + stepMs] : []))
    },
    /** Erases what is over; once a day it tells how far. Nothing before the beginning. */
    step: async (): Promise<void> => {
      if (reached === undefined) return
      const until = Math.min(now().getTime(), reached + stepMs)
      reached = until
      await store.expire(until)
      if (until - told < stepMs) return
      await append([entryOf(systemEvent(action, { until: new Date(until).toISOString() }, now()))])
      told = until
    },
  }
}
