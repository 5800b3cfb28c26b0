/** The record of every request that came in, matched by a route or not. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Part } from './body.ts'

export interface RequestRecord {
  /** Rises by one with each request and never starts again. */
  n: number
  /** When its headers had arrived. */
  time: string
  method: string
  /** Exactly as it came. */
  url: string
  headers: IncomingHttpHeaders
  /** Null: no route matches, or not even HTTP could be made of it. */
  operation: string | null
  body?: unknown
  parts?: Part[]
  /** The operation was carried out, whatever was answered then. */
  applied: boolean
  status: number | null
  state: 'pending' | 'completed' | 'aborted'
}

/** Beyond this the oldest tenth is forgotten. */
const keep = 20_000

export interface RequestLog {
  readonly entries: RequestRecord[]
  open(request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): RequestRecord
  since(n: number): RequestRecord[]
  clear(): void
}

export function newRequestLog(): RequestLog {
  const entries: RequestRecord[] = []
  let count = 0
  return {
    entries,
    open({ method = '', url = '', headers }) {
      if (entries.length >= keep) entries.splice(0, keep / 10)
      count += 1
      const time = new Date().toISOString()
      const entry: RequestRecord = { n: count, time, method, url, headers, operation: null, applied: false, status: null, state: 'pending' }
      entries.push(entry)
      return entry
    },
    since: (n) => entries.filter((entry) => entry.n > n),
    clear() {
      entries.length = 0
    },
  }
}
