/** One fetch for equal reads in this process. Two rules of sharing, so that no reader gets an
 * answer older than its question. */

// Plain records: a Map or Set that objects only pass through keeps garbage alive until a full
// collection.
const record = <T>(): Record<string, T> => Object.create(null) as Record<string, T>

/** Flights by lease: readers join while the lease holds, and a write ends it. */
export const createSingleFlight = <T>(maxJoined: number) => {
  const flights = record<{ readonly answer: Promise<T>; joined: number }>()
  return {
    start: (lease: string, fetch: () => Promise<T>): Promise<T> => {
      const answer = fetch().finally(() => delete flights[lease])
      flights[lease] = { answer, joined: 0 }
      return answer
    },
    /** Undefined: another process fetches. `full`: too many wait already. */
    join: (lease: string): Promise<T> | 'full' | undefined => {
      const flight = flights[lease]
      if (!flight) return undefined
      if (flight.joined >= maxJoined) return 'full'
      flight.joined += 1
      return flight.answer
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
