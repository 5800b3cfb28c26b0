/** The record of one call, which the pipeline fills, and the parts that it works out by itself: the
 * body, the name of the own user, the patience of the caller. */
import type { Request } from 'express'
import type { UpstreamApp } from '../../config/apps.ts'
import type { Prefetched } from '../cache/lookup.ts'
import { checkBody } from '../contract/body-faults.ts'
import { type Caller, type Operation, timeLimit } from '../contract/operation.ts'
import { bodies } from '../contract/schemas.ts'
import { discardBody, readJson } from '../http/request/body.ts'
import type { Patience } from '../platform/deadline.ts'
import type { Subject } from '../policy/subjects.ts'
import type { Session } from '../session/record.ts'
import type { Reason } from './audit-headers.ts'

/** In the order in which it is filled; checked and rebuilt, without the bytes of the caller. */
export interface Call<O extends Operation = Operation> {
  readonly operation: O
  readonly request: Request
  readonly requestId: string
  /** The lookup that came along with the session. */
  readonly prefetched: Prefetched | undefined
  readonly session: Session
  readonly app: UpstreamApp
  readonly params: Record<string, string>
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  readonly subjects: readonly [Subject, ...Subject[]]
  readonly caller: Caller
  readonly reason: Reason
  readonly idempotencyKey: string | undefined
  /** Of a read alone. */
  readonly patience: Patience | undefined
}

/** Before policy has said who the caller is. */
export type UndecidedCall = Omit<Call, 'caller' | 'reason' | 'idempotencyKey' | 'patience'>
export const isOwn = ({ subjects }: Pick<Call, 'subjects'>): boolean => subjects.every(({ self }) => self)

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

/** The patience of a caller, for all of an answer: a little more than one call may take. */
export const patienceOf = (operation: Operation, { res }: Request): Patience | undefined =>
  operation.effect === 'read'
    ? {
        until: performance.now() + timeLimit(operation) + 2_000,
        onGone: (listener) => void res?.on('close', () => void (res.writableFinished || listener())),
      }
    : undefined
