/** One fetch for equal reads in this process. Two rules of sharing, so that no reader gets an
 * answer older than its question. */

import type { OnGone } from '../platform/deadline.ts'

// Plain records: a Map or Set that objects only pass through keeps garbage alive until a full
// collection.
const record = <T>(): Record<string, T> => Object.create(null) as Record<string, T>

/** Flights by lease: readers join while the lease holds, and a write ends it. */
export const createSingleFlight = <T>(maxJoined: number) => {
  const flights = record<{ readonly answer: Promise<T>; readonly join: (onGone?: OnGone) => boolean }>()
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

/** For reads without a lease: none joins a flight that has begun; those that come meanwhile share
 * the next. */
export const createNextFlight = <T>() => {
  const flights = record<{ current: Promise<T>; next?: Promise<T> }>()
  const start = (key: string, fetch: () => Promise<T>): Promise<T> => {
    const current = fetch()
    const flight: { current: Promise<T>; next?: Promise<T> } = { current }
    flights[key] = flight
    const onSettled = () => {
      if (!flight.next && flights[key] === flight) delete flights[key]
    }
    current.then(onSettled, onSettled)
    return current
  }
  return (key: string, fetch: () => Promise<T>): Promise<T> => {
    const flight = flights[key]
    if (!flight) return start(key, fetch)
    flight.next ??= flight.current.then(
      () => start(key, fetch),
      () => start(key, fetch),
    )
    return flight.next
  }
}
