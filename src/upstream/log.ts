/** Log lines, metrics and alarms of calls to the vendor. */
import type { Operation } from '../contract/operation.ts'
import type { Alarm } from '../platform/alarms.ts'
import type { Log } from '../platform/log/logger.ts'
import type { Metrics } from '../platform/metrics/metrics.ts'
import type { IsolationLog } from './isolation.ts'

export interface UpstreamLog extends IsolationLog {
  /** Operators must act: the vendor refuses our key or does not know the app. */
  alarm(event: { code: 'upstream_credentials' | 'upstream_misconfigured'; appId: string; status: number; keyId: string }): void
  /** An answer was passed on that is not as the vendor describes it; told once for each field. */
  odd(event: { operation: Operation['id']; field: string }): void
  /** The vendor's clock is so many seconds ahead of ours; 0: no longer. */
  clock?(seconds: number): void
  /** One send; the status is 0 when there was no answer. */
  called(event: { operation: Operation['id']; status: number; ms: number; attempt: number; requestId: string | undefined }): void
}

export const createUpstreamLog = (log: Log, metrics: Metrics, alarm: Alarm): UpstreamLog => ({
  called: ({ operation, status, ms }) => metrics.upstream(operation, status || undefined, ms),
  odd: (event) => log.warn(event, 'an answer of the vendor does not match its documented schema; it is passed on unchanged'),
  clock: (seconds) => {
    if (seconds === 0) return log.info({}, 'the clock of the vendor agrees with ours again')
    alarm('clock_skew', { vendorAheadSeconds: seconds })
  },
  breaker: ({ appId, open }) => {
    metrics.circuit(appId, open)
    if (!open) return log.info({ appId }, 'the vendor answers again')
    alarm('upstream_unavailable', { appId })
  },
  alarm: (event) => alarm(event.code, event),
})
