/** The record of all requests, with a matching route or not. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Part } from './body.ts'

export interface RequestRecord {
  /** Number of the request; never starts again. */
  n: number
  /** Arrival of the headers. */
  time: string
  method: string
  /** Exactly as it came. */
  url: string
  headers: IncomingHttpHeaders
  /** Null: no route matches, or the request is not HTTP. */
  operation: string | null
  body?: unknown
  parts?: Part[]
  /** True when the operation was carried out, whatever was answered. */
  applied: boolean
  status: number | null
  state: 'pending' | 'completed' | 'aborted'
}

/** Most records; above it the oldest tenth is dropped. */
const maxRecords = 20_000

export function newRequestLog() {
  const entries: RequestRecord[] = []
  let count = 0
  return {
    entries,
    open({ method = '', url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): RequestRecord {
      if (entries.length >= maxRecords) entries.splice(0, maxRecords / 10)
      count += 1
      const time = new Date().toISOString()
      const entry: RequestRecord = { n: count, time, method, url, headers, operation: null, applied: false, status: null, state: 'pending' }
      entries.push(entry)
      return entry
    },
    clear(): void {
      entries.length = 0
    },
  }
}

export type RequestLog = ReturnType<typeof newRequestLog>
