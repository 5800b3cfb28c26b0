/** A circuit breaker for each app: while the vendor does not answer, calls fail at once instead of waiting, and one in
 * two seconds tries whether it is back. Other apps go on. */
import { CircuitState, circuitBreaker, handleWhen, isBrokenCircuitError, SamplingBreaker } from 'cockatiel'
import type { Operation } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'

export interface BreakerLog {
  /** Once when it opens, and once when the vendor answers again. */
  breaker?(event: { appId: string; open: boolean }): void
}

/** More than half of at least ten calls within ten seconds: one person whose calls fail does not open it for others. */
const sampling = { threshold: 0.5, duration: 10_000, minimumRps: 1 }
const probeEveryMs = 2_000

/** Statuses of something before the API, or of an API that wants to be left alone. A 500 may be about one user. */
const unavailable = new Set([429, 502, 503, 504])

/** No answer, or one that is not the API's. Keys, ids and bodies that it refuses are answers. */
const isAbsence = (error: unknown): boolean => {
  if (!(error instanceof Problem) || !error.code.startsWith('upstream_')) return false
  const { upstreamStatus, unanswered } = error.particulars
  return upstreamStatus === undefined ? unanswered === true : unavailable.has(upstreamStatus)
}

const refused = (): Problem =>
  new Problem('upstream_unavailable', { outcome: 'not_sent', headers: { 'Retry-After': String(probeEveryMs / 1000) } })

export const createBreakers = (log: BreakerLog) => {
  const breakerOf = (appId: string) => {
    const breaker = circuitBreaker(handleWhen(isAbsence), { halfOpenAfter: probeEveryMs, breaker: new SamplingBreaker(sampling) })
    breaker.onBreak(() => log.breaker?.({ appId, open: true }))
    breaker.onReset(() => log.breaker?.({ appId, open: false }))
    return breaker
  }
  const breakers = new Map<string, ReturnType<typeof breakerOf>>()

  /** Throws what the work throws, or `upstream_unavailable`. */
  return async <T>(appId: string, { takes }: Operation, work: () => Promise<T>): Promise<T> => {
    // How long an image takes is the caller's doing: a slow one would open the breaker, or keep it open as the one that tries.
    if (takes === 'ImageUpload') return await work()
    const breaker = breakers.get(appId) ?? breakerOf(appId)
    breakers.set(appId, breaker)
    // cockatiel lets others wait for the one that tries, which is as long as the vendor hangs.
    if (breaker.state === CircuitState.HalfOpen) throw refused()
    return await breaker.execute(work).catch((error: unknown) => {
      throw isBrokenCircuitError(error) ? refused() : error
    })
  }
}
