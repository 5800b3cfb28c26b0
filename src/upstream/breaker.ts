/** A circuit breaker: while the vendor does not answer, calls fail at once, and a harmless read
 * every two seconds tries whether it is back. No caller's own call is the one that tries. */
import { CircuitState, circuitBreaker, handleWhen, isBrokenCircuitError, SamplingBreaker } from 'cockatiel'
import { Problem } from '../contract/problems.ts'
import { outsideRequests } from '../platform/tracing.ts'

interface BreakerParts {
  /** Once when it opens, and once when the vendor answers again. */
  readonly tell: (open: boolean) => void
  /** A read that the vendor can answer; undefined while it is not to be asked. */
  readonly probe: () => Promise<unknown> | undefined
}

/** More than half of at least ten calls in ten seconds: one person alone does not open it. */
const sampling = { threshold: 0.5, duration: 10_000, minimumRps: 1 }
const probeEveryMs = 2_000

/** Statuses of a proxy before the API, or of an API under load. A 500 may be about one user. */
const unavailable = new Set([429, 502, 503, 504])

/** No answer, or one that is not the API's. Keys, ids and bodies that it refuses are answers. */
const isAbsence = (error: unknown): boolean => {
  if (!(error instanceof Problem) || !error.code.startsWith('upstream_')) return false
  const { upstreamStatus, unanswered } = error.particulars
  return upstreamStatus === undefined ? unanswered === true : unavailable.has(upstreamStatus)
}

const refused = (): Problem =>
  new Problem('upstream_unavailable', { outcome: 'not_sent', headers: { 'Retry-After': String(probeEveryMs / 1000) } })

export const createBreaker = ({ tell, probe }: BreakerParts) => {
  let timer: NodeJS.Timeout | undefined

  /** cockatiel says when to open. Its own way back is by the wall clock, by one call alone, and
   * others wait for that one. */
  const closed = () => {
    const policy = circuitBreaker(handleWhen(isAbsence), { halfOpenAfter: Infinity, breaker: new SamplingBreaker(sampling) })
    policy.onBreak(() => {
      if (policy !== current) return
      tell(true)
      // The reads are no part of the call that opened it.
      timer = outsideRequests(() => setInterval(() => look(policy), probeEveryMs).unref())
    })
    return policy
  }
  let current = closed()
  let latest = performance.now()

  /** Looks overlap while the vendor hangs: the next sees its return before the last one ends. */
  const look = (broken: typeof current): void => {
    const found = () => {
      if (current !== broken) return
      clearInterval(timer)
      current = closed()
      tell(false)
    }
    probe()?.then(found, (error: unknown) => void (isAbsence(error) || found()))
  }

  return {
    isOpen: (): boolean => current.state !== CircuitState.Closed,
    /** Throws what the work throws, or `upstream_unavailable`. */
    run: async <T>(work: () => Promise<T>): Promise<T> => {
      const now = performance.now()
      // cockatiel forgets only while calls come: ten failures an hour apart would open it.
      if (now - latest > sampling.duration && current.state === CircuitState.Closed) current = closed()
      latest = now
      return await current.execute(work).catch((error: unknown) => {
        throw isBrokenCircuitError(error) ? refused() : error
      })
    },
    close: (): void => clearInterval(timer),
  }
}
