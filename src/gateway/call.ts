/** The record of one call, which the pipeline fills. */
import type { Request } from 'express'
import type { UpstreamApp } from '../../config/apps.ts'
import type { Prefetch } from '../cache/lookup.ts'
import type { Caller, Operation } from '../contract/operation.ts'
import { bodies } from '../contract/schemas.ts'
import { checkBody, discardBody, readJson } from '../http/body.ts'
import type { CallFacts, Person } from '../journal/event/compose.ts'
import type { Subject } from '../policy/subjects.ts'
import type { Session } from '../session/sessions.ts'
import { callFactsOf, type Reason } from './call-facts.ts'
import { namedIn } from './targets.ts'

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

export const isOwn = ({ subjects }: Pick<Call, 'subjects'>): boolean => subjects.every(({ self }) => self)

/** The facts for the journal; without a caller the call was refused. */
export const callFacts = (call: UndecidedCall & Partial<Decision>, targets: readonly Person[]): CallFacts =>
  callFactsOf(call.request, { ...call, targets })

/** The rule of a call to another app: its target belongs to that app. */
export const ofAnotherApp = (request: Request, requestId: string, operation: Operation, session: Session): CallFacts => ({
  ...callFactsOf(request, { operation, session, requestId, targets: namedIn(operation, request.params, session) }),
  policy: { decision: 'deny', rule: `another_app/${operation.id}` },
})

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
