/** The record of one call, which the pipeline fills, and its result. */
import type { Request } from 'express'
import type { UpstreamApp } from '../../config/apps.ts'
import type { Prefetch } from '../cache/lookup.ts'
import type { Caller, Operation } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import { bodies } from '../contract/schemas.ts'
import { checkBody, discardBody, readJson } from '../http/body.ts'
import { errorBody } from '../http/problem-handler.ts'
import type { CallFacts, Person } from '../journal/event/compose.ts'
import { isStaff } from '../policy/decide.ts'
import { project } from '../policy/projection.ts'
import type { Subject } from '../policy/subjects.ts'
import type { Session } from '../session/sessions.ts'
import type { UpstreamAnswer } from '../upstream/client.ts'
import { callFactsOf, type Reason } from './call-facts.ts'

/** In the order in which it is filled; checked and rebuilt, without the bytes of the caller. */
export interface Call<O extends Operation = Operation> {
  readonly operation: O
  readonly request: Request
  readonly requestId: string
  /** The lookup that came along with the session. */
  readonly prefetch: Prefetch | undefined
  readonly session: Session
  readonly app: UpstreamApp
  readonly params: Record<string, string>
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  readonly subjects: readonly [Subject, ...Subject[]]
  readonly caller: Caller
  readonly reason: Reason
  readonly idempotencyKey: string | undefined
}

/** Before policy has said who the caller is. */
export type UndecidedCall = Omit<Call, 'caller' | 'reason' | 'idempotencyKey'>
interface Decision {
  readonly caller: Caller | undefined
  readonly reason: Reason | undefined
}

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

export const isOwn = ({ subjects }: Pick<Call, 'subjects'>): boolean => subjects.every(({ self }) => self)

/** The vendor's own words: for staff and programs. */
export const showsVendorWords = ({ caller, session }: Call): boolean => isStaff(caller) || session.kind === 'service'

export const toReply = (call: Call, outcome: Answer | Problem): Reply => {
  if (outcome instanceof Problem) return { status: outcome.status, body: errorBody(outcome, call.requestId, showsVendorWords(call)) }
  const { operation, caller } = call
  return outcome.selfView !== undefined && caller === 'self'
    ? { status: operation.status ?? 200, text: outcome.selfView }
    : shown(call, outcome.body)
}

/** An answer of the vendor, as far as the caller may see it. */
export const shown = ({ operation, caller }: Call, body: unknown): Reply => ({
  status: operation.status ?? 200,
  body: operation.returns === 'Empty' ? {} : project(operation, caller, body),
})

/** The facts for the journal; without a caller the call was refused. */
export const callFacts = (call: UndecidedCall & Partial<Decision>, targets: readonly Person[]): CallFacts =>
  callFactsOf(call.request, { ...call, targets })

/** The body, checked and rebuilt. An image is read later, while it is sent. */
export const readBody = async (operation: Operation, req: Request): Promise<unknown> => {
  if (operation.takes === 'ImageUpload') return undefined
  if (operation.takes) return checkBody(bodies[operation.takes], await readJson(req))
  await discardBody(req)
  return undefined
}

/** The own user is named by the userId proved at sign-in, whatever `_id` an answer once gave. */
export const ownNameIn = (params: Record<string, string>, [subject]: readonly Subject[], { userId }: Session): Record<string, string> =>
  'userId' in params && subject!.self && userId !== undefined ? { ...params, userId } : params
