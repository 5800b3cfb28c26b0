/** The reply to a call: the vendor's answer, the cache's or a problem, as the caller may see it. */
import type { Response } from 'express'
import { Problem } from '../contract/problems.ts'
import { addLogFields } from '../http/access-log.ts'
import { errorBody } from '../http/problem-handler.ts'
import { addHeader } from '../http/response-headers.ts'
import { isStaff } from '../policy/decide.ts'
import { project } from '../policy/visible-fields.ts'
import type { UpstreamAnswer } from '../upstream/call.ts'
import type { Call } from './call.ts'

/** The vendor's answer, or the cache's. */
export interface Answer extends UpstreamAnswer {
  /** From the cache, as JSON: the own user as the person may see it. */
  readonly selfView?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cache?: string
}

/** What the caller is sent. */
export interface Reply {
  readonly status: number
  readonly body?: unknown
  /** The body as JSON, when it is at hand. */
  readonly text?: string
}

export interface Result {
  readonly reply: Reply
  readonly headers: Readonly<Record<string, string>>
  /** Absent when an earlier answer is repeated. */
  readonly answer?: Answer
}

/** The vendor's own words: for staff and programs. */
export const showsVendorWords = ({ caller, session }: Call): boolean => isStaff(caller) || session.kind === 'service'

export const toReply = (call: Call, outcome: Answer | Problem): Reply => {
  if (outcome instanceof Problem) return { status: outcome.status, body: errorBody(outcome, call.requestId, showsVendorWords(call)) }
  const { operation, caller } = call
  return outcome.selfView !== undefined && caller === 'self'
    ? { status: operation.status ?? 200, text: outcome.selfView }
    : visibleReply(call, outcome.body)
}

/** An answer of the vendor, as far as the caller may see it. */
export const visibleReply = ({ operation, caller }: Call, body: unknown): Reply => ({
  status: operation.status ?? 200,
  body: operation.returns === 'Empty' ? {} : project(operation, caller, body),
})

export const send = (res: Response, { reply, headers, answer }: Result): void => {
  for (const name of Object.keys(headers)) addHeader(res, name, headers[name]!)
  if (answer?.cache !== undefined) addLogFields(res, { cache: answer.cache })
  if (answer && answer.calls > 0)
    addLogFields(res, {
      upstream: { status: answer.status, calls: answer.calls, ms: Math.round(answer.durationMs), requestId: answer.requestId },
    })
  const { status, body, text = JSON.stringify(body ?? {}) } = reply
  // One write for head and body.
  res.writeHead(status, ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(Buffer.byteLength(text))])
  res.end(text)
}
