/** TABLE: the metrics. Values of labels come from tables and settings, never from requests, so
 * their number is bounded. */
import { alarmCodes } from '../alarms.ts'

interface Row {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** With all values where they are known: such series are there from the start. */
  readonly labels?: Readonly<Record<string, readonly string[] | undefined>>
  readonly buckets?: readonly number[]
  /** How figures of several processes become one. */
  readonly across?: 'sum' | 'min' | 'max'
}

const open = undefined

// biome-ignore format: a table is read down its columns
export const metricRows = {
  smooch_bff_requests_total:            { type: 'counter',   labels: { operation: open, status: open, code: open }, help: 'Answered requests by operation, status and error code. Status 499: the caller went first. Operation other: not an operation; unreadable: refused before it could be read.' },
  smooch_bff_request_seconds:           { type: 'histogram', labels: { operation: open }, buckets: [0.001, 0.005, 0.02, 0.1, 0.3, 1, 3, 10, 60], help: 'Time from the request line to the last byte of the answer.' },
  smooch_bff_in_flight_requests:        { type: 'gauge',     help: 'Requests that are being answered.' },
  smooch_bff_shed_total:                { type: 'counter',   labels: { priority: ['guarded', 'sessions', 'others'] }, help: 'Requests refused by load shedding; not counted among the answered ones.' },
  smooch_bff_limited_total:             { type: 'counter',   labels: { limit: open }, help: 'Requests that a limit refused, by its name.' },
  smooch_bff_cache_reads_total:         { type: 'counter',   labels: { outcome: ['hit', 'stale', 'miss', 'collapsed', 'bypass', 'error'] }, help: 'Reads of get_app_user by what the cache did. Error: the vendor failed, and an old entry was served.' },
  smooch_bff_upstream_calls_total:      { type: 'counter',   labels: { operation: open, outcome: open }, help: 'Calls to the vendor, each send counted: success, not_found, throttled (429), refused (other 4xx), failed (5xx), odd (3xx), unanswered.' },
  smooch_bff_upstream_seconds:          { type: 'histogram', labels: { operation: open }, buckets: [0.01, 0.05, 0.1, 0.3, 1, 3, 8, 15, 60], help: 'Time of each send to the vendor.' },
  smooch_bff_circuit_open:              { type: 'gauge',     labels: { app: open }, across: 'max', help: '1 while calls to the vendor for this app fail at once, since it does not answer.' },
  smooch_bff_bulkhead_calls:            { type: 'gauge',     labels: { app: open, class: open, state: ['running', 'waiting'] }, help: 'Calls that are at the vendor (running) or wait for a place there, by class of limits.' },
  smooch_bff_sessions_issued_total:     { type: 'counter',   labels: { how: ['new', 'renewed'] }, help: 'Sessions that began (new), and new tokens of sessions that go on (renewed).' },
  smooch_bff_sessions_ended_total:      { type: 'counter',   labels: { how: ['single', 'all'] }, help: 'Sessions that were ended; all: every session of a person or an app at once, counted as one. Those that ran out are not counted.' },
  smooch_bff_redis_up:                  { type: 'gauge',     labels: { connection: open }, across: 'min', help: '1 when Redis answered the last time it was asked.' },
  smooch_bff_redis_seconds:             { type: 'histogram', labels: { connection: open }, buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2], help: 'Round trips to Redis; under load one carries several calls.' },
  smooch_bff_redis_errors_total:        { type: 'counter',   labels: { connection: open, outcome: open }, help: 'Round trips that failed: refused by Redis, or unanswered.' },
  smooch_bff_journal_gate_open:         { type: 'gauge',     across: 'min', help: '1 while the journal records, so that guarded calls are let through.' },
  smooch_bff_journal_events:            { type: 'gauge',     across: 'max', help: 'Events in the journal.' },
  smooch_bff_journal_waiting_events:    { type: 'gauge',     help: 'Events that wait in memory for the store of the journal.' },
  smooch_bff_journal_lag_seconds:       { type: 'gauge',     across: 'max', help: 'Age of the oldest event that waits to be stored.' },
  smooch_bff_journal_lost_total:        { type: 'counter',   help: 'Events that were dropped without being stored.' },
  smooch_bff_journal_open_operations:   { type: 'gauge',     across: 'max', help: 'Guarded calls without a known outcome, up to 500; looked up every 5 s.' },
  smooch_bff_alarms_total:              { type: 'counter',   labels: { code: alarmCodes }, help: 'Alarms by their name in the log.' },
  smooch_bff_log_dropped_total:         { type: 'counter',   help: 'Log lines that were dropped because the reader of the log was too slow.' },
  smooch_bff_processes:                 { type: 'gauge',     help: 'Processes that serve and were heard for these figures: as many as WORKERS.' },
} as const satisfies Record<string, Row>

export type MetricName = keyof typeof metricRows

export const metrics: readonly (readonly [name: MetricName, row: Row])[] = Object.entries(metricRows) as [MetricName, Row][]
