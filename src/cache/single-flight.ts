/** Equal questions share one answer, in this process. Two rules of sharing, since a reader must never get an answer older than the question allows. */

// Plain records: a Map or Set that entries pass through keeps their garbage alive from table to table, until a full collection.
const record = <T>(): Record<string, T> => Object.create(null) as Record<string, T>

/** Flights that readers may join while they hold, known by the lease under which they fetch: a write takes the lease away, and nobody joins any more. */
export const createSingleFlight = <T>(maxJoined: number) => {
  const flights = record<{ readonly answer: Promise<T>; joined: number }>()
  return {
    start: (lease: string, fetch: () => Promise<T>): Promise<T> => {
      const answer = fetch().finally(() => delete flights[lease])
      flights[lease] = { answer, joined: 0 }
      return answer
    },
    /** Undefined when this process does not lead it; `full` when too many wait already. */
    join: (lease: string): Promise<T> | 'full' | undefined => {
      const flight = flights[lease]
      if (!flight) return undefined
      if (flight.joined >= maxJoined) return 'full'
      flight.joined += 1
      return flight.answer
    },
  }
}

/** Where there is no lease to tell: a question never joins a flight that has begun, but all that come meanwhile share the next one. */
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
