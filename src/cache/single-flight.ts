/** One fetch for equal reads in this process, under a lease: no reader gets an answer older than
 * its question. */

import { passingRecord } from '../platform/concurrency.ts'
import type { OnGone } from '../platform/deadline.ts'

/** Flights by lease: readers join while the lease holds, and a write ends it. */
export const createSingleFlight = <T>(maxJoined: number) => {
  const flights = passingRecord<{ readonly answer: Promise<T>; readonly join: (onGone?: OnGone) => boolean }>()
  return {
    /** `fetch` is told when the last who waited has gone. */
    start: (lease: string, onGone: OnGone | undefined, fetch: (allGone: OnGone) => Promise<T>): Promise<T> => {
      let waiting = 0
      let allGone = () => {}
      const join = (each?: OnGone): boolean => {
        if (waiting > maxJoined) return false
        waiting += 1
        each?.(() => {
          waiting -= 1
          if (waiting === 0) allGone()
        })
        return true
      }
      join(onGone)
      const answer = fetch((listener) => {
        allGone = listener
      }).finally(() => delete flights[lease])
      flights[lease] = { answer, join }
      return answer
    },
    /** Undefined: another process fetches. `full`: too many wait already. */
    join: (lease: string, onGone?: OnGone): Promise<T> | 'full' | undefined => {
      const flight = flights[lease]
      if (!flight) return undefined
      return flight.join(onGone) ? flight.answer : 'full'
    },
  }
}
