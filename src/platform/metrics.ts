/** Metrics for Prometheus. Labels come from tables, never from requests, so their number is
 * bounded. */
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { Fields, Log } from './logger.ts'

/** `log`: for the number of dropped lines. */
export const createMetrics = (log: Pick<Log, 'dropped'>) => {
  const registers = [new Registry()]
  const [registry] = registers
  collectDefaultMetrics({ register: registry! })
  const requests = new Counter({
    name: 'bff_requests_total',
    help: 'Answered requests',
    labelNames: ['operation', 'status', 'code'] as const,
    registers,
  })
  const seconds = new Histogram({
    name: 'bff_request_seconds',
    help: 'Time from the request line to the last byte of the answer',
    labelNames: ['operation'] as const,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.3, 1, 3, 10, 60],
    registers,
  })
  const upstream = new Histogram({
    name: 'bff_upstream_seconds',
    help: 'Time of calls to the vendor',
    labelNames: ['operation', 'status'] as const,
    buckets: [0.01, 0.05, 0.1, 0.3, 1, 3, 8, 15, 60],
    registers,
  })
  const alarms = new Counter({
    name: 'bff_alarms_total',
    help: 'Things that operators should look at',
    labelNames: ['code'] as const,
    registers,
  })
  const shed = new Counter({
    name: 'bff_shed_total',
    help: 'Requests turned away since more came in than could be answered',
    labelNames: ['priority'] as const,
    registers,
  })
  new Counter({
    name: 'bff_log_dropped_total',
    help: 'Log lines that nobody took',
    registers,
    collect() {
      this.reset()
      this.inc(log.dropped())
    },
  })
  const lost = new Counter({ name: 'bff_journal_lost_total', help: 'Events that the journal has given up', registers })
  return {
    lost: (count: number): void => lost.inc(count),
    shed: (priority: string, count: number): void => shed.inc({ priority }, count),
    request: (record: Fields): void => {
      const operation = String(record['operation'] ?? 'other')
      requests.inc({ operation, status: String(record['status']), code: String(record['code'] ?? '') })
      seconds.observe({ operation }, Number(record['ms']) / 1000)
    },
    upstream: (operation: string, status: number | undefined, ms: number): void =>
      upstream.observe({ operation, status: String(status ?? 'none') }, ms / 1000),
    alarm: (code: string): void => alarms.inc({ code }),
    text: (): Promise<string> => registry!.metrics(),
    contentType: registry!.contentType,
  }
}

export type Metrics = ReturnType<typeof createMetrics>
