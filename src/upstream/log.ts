/** Log lines, metrics and alarms of calls to the vendor. */
import type { Log } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { UpstreamLog } from './client.ts'

export const createUpstreamLog = (log: Log, metrics: Metrics): UpstreamLog => ({
  called: ({ operation, status, ms }) => metrics.upstream(operation, status || undefined, ms),
  odd: (event) => log.warn(event, 'an answer of the vendor does not match its documented schema; it is passed on unchanged'),
  clock: (seconds) => {
    if (seconds === 0) return log.info({}, 'the clock of the vendor agrees with ours again')
    metrics.alarm('clock_skew')
    log.error({ alarm: 'clock_skew', vendorAheadSeconds: seconds }, 'alarm')
  },
  breaker: ({ appId, open }) => {
    if (!open) return log.info({ appId }, 'the vendor answers again')
    metrics.alarm('upstream_unavailable')
    log.error({ alarm: 'upstream_unavailable', appId }, 'alarm')
  },
  alarm: (event) => {
    metrics.alarm(event.code)
    log.error({ alarm: event.code, ...event }, 'alarm')
  },
})
