/** Writes an answer to the socket, a right or a wrong one. */
import type { ServerResponse } from 'node:http'
import type { Fault } from './faults.ts'
import type { RequestRecord } from './record.ts'
import { Refusal } from './refusal.ts'

export interface Reply {
  status: number
  /** Absent: no body and no type. */
  body?: unknown
}

type Headers = Record<string, string | number>

function end(response: ServerResponse, entry: RequestRecord | undefined, status: number, headers: Headers, text = '') {
  if (response.destroyed) return
  const bodiless = status === 204 || status === 304
  if (entry) Object.assign(entry, { status, state: 'completed' })
  response
    .writeHead(status, bodiless ? headers : { ...headers, 'content-length': Buffer.byteLength(text) })
    .end(bodiless ? undefined : text)
}

const json = { 'content-type': 'application/json; charset=utf-8' }

export function send(response: ServerResponse, entry: RequestRecord | undefined, { status, body }: Reply): void {
  if (body === undefined) end(response, entry, status, {})
  else end(response, entry, status, json, JSON.stringify(body))
}

/** At most about 60 MB a second: a reader without a bound is noticed before the machine suffers. */
function sendEndlessly(response: ServerResponse, status: number) {
  const more = 'a'.repeat(64 * 1024)
  response.writeHead(status, json)
  response.write('{"appUser":{"_id":"')
  const timer = setInterval(() => response.writableNeedDrain || response.write(more), 1)
  response.on('close', () => clearInterval(timer))
}

export function misbehave(response: ServerResponse, entry: RequestRecord, fault: Fault): void {
  const { body, html, redirect } = fault
  const status = fault.status ?? (redirect === undefined ? 200 : 302)
  const wait = fault.retryAfter ?? (status === 429 ? 1 : false)
  const headers: Headers = { ...(wait !== false && { 'retry-after': wait }), ...(redirect !== undefined && { location: redirect }) }
  const sendAs = (type: string | undefined, text: string) =>
    end(response, entry, status, { ...(type !== undefined && { 'content-type': type }), ...headers, ...fault.headers }, text)

  if (fault.hang) return
  if (fault.reset) response.socket?.resetAndDestroy()
  else if (fault.endless) {
    entry.status = status
    sendEndlessly(response, status)
  } else if (html !== undefined) sendAs('text/html; charset=utf-8', html)
  else if (typeof body === 'string') sendAs('text/plain; charset=utf-8', body)
  else if (body !== undefined) sendAs(json['content-type'], JSON.stringify(body))
  else if (status >= 400) sendAs(json['content-type'], JSON.stringify(new Refusal(status).body))
  else sendAs(undefined, '')
}
