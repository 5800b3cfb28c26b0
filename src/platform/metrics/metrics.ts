/** Metrics for Prometheus, made from their table. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { AlarmCode } from '../alarms.ts'
import type { Fields, Log } from '../log/logger.ts'
import { type MetricName, type metricRows, metrics as rows } from './table.ts'
import { askFirstProcess } from './workers.ts'

interface Kinds {
  counter: Counter
  gauge: Gauge
  histogram: Histogram
}
type Made = { readonly [Name in MetricName]: Kinds[(typeof metricRows)[Name]['type']] }

/** Every series whose labels have known values only. */
const seriesOf = (labels: Readonly<Record<string, readonly string[] | undefined>>): Record<string, string>[] =>
  Object.entries(labels).reduce<Record<string, string>[]>(
    (series, [name, values = []]) => series.flatMap((its) => values.map((value) => ({ ...its, [name]: value }))),
    [{}],
  )

const make = (register: Registry): Made =>
  Object.fromEntries(
    rows.map(([name, { type, help, labels = {}, buckets = [], across = 'sum' }]) => {
      const options = { name, help, labelNames: Object.keys(labels), registers: [register] }
      if (type === 'histogram') return [name, new Histogram({ ...options, buckets: [...buckets] })]
      if (type === 'gauge') return [name, new Gauge({ ...options, aggregator: across })]
      const counter = new Counter(options)
      for (const series of seriesOf(labels)) counter.inc(series, 0)
      return [name, counter]
    }),
  ) as unknown as Made

/** Of the vendor's answer, 0 or absent without one. */
const outcomeOf = (status = 0): string => {
  if (status === 0) return 'unanswered'
  if (status < 300) return 'success'
  if (status < 400) return 'odd'
  if (status >= 500) return 'failed'
  return status === 404 ? 'not_found' : status === 429 ? 'throttled' : 'refused'
}

/** What the figures of the journal are made from. */
interface JournalFigures {
  readonly open: boolean
  readonly size: number
  readonly waiting: number
  readonly lagMs?: number
  readonly openOperations: number
}

/** Of each app and class of calls. */
type Bulkheads = () => Iterable<readonly [app: string, name: string, calls: { readonly running: number; readonly waiting: number }]>

type RedisOutcome = 'answered' | 'refused' | 'unanswered'
/** Hears of each round trip to Redis. */
export type ObserveRedis = (outcome: RedisOutcome, ms: number) => void

/** `log`: for the number of dropped lines. */
export const createMetrics = (log: Pick<Log, 'dropped' | 'stalls'>) => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const its = make(registry)
  its.smooch_bff_processes.set(1)
  let inFlight = 0
  let journal: (() => JournalFigures) | undefined
  let bulkheads: Bulkheads = () => []
  const toldOfLog = { dropped: 0, stalls: 0 }

  /** What is known elsewhere, asked when somebody looks. */
  const collect = (): void => {
    its.smooch_bff_in_flight_requests.set(inFlight)
    const now = { dropped: log.dropped(), stalls: log.stalls() }
    its.smooch_bff_log_dropped_total.inc(now.dropped - toldOfLog.dropped)
    its.smooch_bff_alarms_total.inc({ code: 'log' satisfies AlarmCode }, now.stalls - toldOfLog.stalls)
    Object.assign(toldOfLog, now)
    for (const [app, name, calls] of bulkheads())
      for (const state of ['running', 'waiting'] as const) its.smooch_bff_bulkhead_calls.set({ app, class: name, state }, calls[state])
    if (!journal) return
    const { open, size, waiting, lagMs = 0, openOperations } = journal()
    its.smooch_bff_journal_gate_open.set(open ? 1 : 0)
    its.smooch_bff_journal_events.set(size)
    its.smooch_bff_journal_waiting_events.set(waiting)
    its.smooch_bff_journal_lag_seconds.set(lagMs / 1000)
    its.smooch_bff_journal_open_operations.set(openOperations)
  }
  const figures = async () => {
    collect()
    return await registry.getMetricsAsJSON()
  }
  const ask = askFirstProcess(figures)

  return {
    lost: (count: number): void => its.smooch_bff_journal_lost_total.inc(count),
    shed: (priority: string, count: number): void => its.smooch_bff_shed_total.inc({ priority }, count),
    requestStart: (): void => {
      inFlight += 1
    },
    /** The record of a request that has ended. */
    requestEnd: (record: Fields): void => {
      inFlight -= 1
      const { operation = 'other', status, code = '', cache: outcome, limit, ms } = record as Record<string, string | undefined>
      its.smooch_bff_requests_total.inc({ operation, status: String(status), code })
      its.smooch_bff_request_seconds.observe({ operation }, Number(ms) / 1000)
      if (outcome !== undefined) its.smooch_bff_cache_reads_total.inc({ outcome })
      if (limit !== undefined) its.smooch_bff_limited_total.inc({ limit })
    },
    /** Answered before anything was known of it. */
    unreadable: (status: number, code: string): void =>
      its.smooch_bff_requests_total.inc({ operation: 'unreadable', status: String(status), code }),
    upstream: (operation: string, status: number | undefined, ms: number): void => {
      its.smooch_bff_upstream_calls_total.inc({ operation, outcome: outcomeOf(status) })
      its.smooch_bff_upstream_seconds.observe({ operation }, ms / 1000)
    },
    circuit: (app: string, open: boolean): void => its.smooch_bff_circuit_open.set({ app }, open ? 1 : 0),
    bulkheads: (calls: Bulkheads): void => {
      bulkheads = calls
    },
    sessionIssued: (how: 'new' | 'renewed'): void => its.smooch_bff_sessions_issued_total.inc({ how }),
    sessionEnded: (how: 'single' | 'all'): void => its.smooch_bff_sessions_ended_total.inc({ how }),
    redis: (connection: string): ObserveRedis => {
      const up = its.smooch_bff_redis_up.labels({ connection })
      const seconds = its.smooch_bff_redis_seconds.labels({ connection })
      for (const outcome of ['refused', 'unanswered']) its.smooch_bff_redis_errors_total.inc({ connection, outcome }, 0)
      return (outcome, ms) => {
        up.set(outcome === 'unanswered' ? 0 : 1)
        seconds.observe(ms / 1000)
        if (outcome !== 'answered') its.smooch_bff_redis_errors_total.inc({ connection, outcome })
      }
    },
    journal: (figures: () => JournalFigures): void => {
      journal = figures
    },
    alarm: (code: AlarmCode): void => its.smooch_bff_alarms_total.inc({ code }),
    /** Of all processes that share the ports. */
    text: async (): Promise<string> => {
      if (ask) return await ask()
      collect()
      return await registry.metrics()
    },
    contentType: registry.contentType,
  }
}

export type Metrics = ReturnType<typeof createMetrics>
