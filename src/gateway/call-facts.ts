/** The facts of a call for the journal: who, about whom, why, from where; sent, and answered. */
import type { IncomingMessage } from 'node:http'
import type { Request } from 'express'
import type { UpstreamApp } from '../../config/apps.ts'
import { returnsUser } from '../contract/answers.ts'
import { looksLikeSmoochId } from '../contract/ids.ts'
import type { Caller, GuardedOperation, Operation } from '../contract/operation.ts'
import type { Problem } from '../contract/problems.ts'
import type { Identified } from '../contract/schemas.ts'
import { clientAddress } from '../http/request/client-address.ts'
import type { CallFacts, Person } from '../journal/event/compose.ts'
import type { GuardedCall, OutcomeFacts } from '../journal/guard/call-guard.ts'
import { isStaff } from '../policy/decide.ts'
import { checkParams, type Subject } from '../policy/subjects.ts'
import type { Session } from '../session/record.ts'
import type { UpstreamAnswer, UpstreamCall } from '../upstream/call.ts'
import { buildUrl } from '../upstream/url.ts'
import type { Reason } from './audit-headers.ts'
import type { Call, UndecidedCall } from './call.ts'

type AppUser = Identified['appUser']

interface Own {
  readonly userId?: string | undefined
}

/** Exact comparison with the names of the person. */
export const isNameOf = (id: string, { _id, userId }: AppUser): boolean => id === _id || id === userId

/** The person in an answer to this id, and the id when it is none of the names. */
export const namesIn = (role: Subject['role'], id: string, appUser: AppUser): Person[] => {
  const { _id, userId } = appUser
  const names = { ...(typeof userId === 'string' && { userId }), ...(looksLikeSmoochId(_id) && { smoochId: _id }) }
  return [{ role, ...names }, ...(isNameOf(id, appUser) ? [] : [{ role, userId: id }])]
}

/** The people as known before any read: of another user only the id that was asked for. */
export const targetsOf = ({ userId }: Own, subjects: readonly Subject[]): Person[] =>
  subjects.map(({ role, id, self }) =>
    self && userId !== undefined && id !== userId ? { role, userId, smoochId: id } : { role, userId: id },
  )

/** An id that was asked for, by both kinds of name that it may be. */
export const namesAsked = (subjects: readonly Subject[]): Person[] =>
  subjects.map(({ role, id }) => ({ role, userId: id, ...(looksLikeSmoochId(id) && { smoochId: id.toLowerCase() }) }))

/** Before any check: the name in the path, if it can be one. */
const personsIn = (operation: Operation, raw: Parameters<typeof checkParams>[1], session: Own): Person[] => {
  try {
    const { userId }: { userId?: string } = checkParams(operation, raw, session)
    return userId === undefined ? [] : [{ role: 'subject', userId }]
  } catch {
    return []
  }
}

/** By both names, as far as the answer tells them. */
export const targetsIn = (operation: Pick<Operation, 'returns'>, body: unknown, session: Own, subjects: readonly Subject[]): Person[] =>
  returnsUser(operation)
    ? subjects.flatMap(({ role, id }) => namesIn(role, id, (body as Identified).appUser))
    : targetsOf(session, subjects)

const actorOf = (session: Session): CallFacts['actor'] => {
  const type = session.kind === 'service' ? 'service' : isUser(session) ? 'user' : 'staff'
  const auth = { method: session.method, session: session.sid, at: new Date(session.authTime * 1000).toISOString() }
  const more = {
    ...(session.actor.name !== undefined && { name: session.actor.name }),
    roles: session.roles,
    auth,
    onBehalfOf: session.onBehalfOf ?? null,
  }
  return type === 'user' ? { type, userId: session.userId!, ...more } : { type, id: session.actor.id, ...more }
}

const isUser = ({ roles, userId }: Session): boolean => userId !== undefined && roles.every((role) => role === 'user')

interface Particulars {
  readonly session: Session
  readonly operation: Pick<Operation, 'id'>
  readonly targets: readonly Person[]
  readonly requestId: string
  /** Absent for denied calls, which no rule let in. */
  readonly caller?: Caller | undefined
  readonly reason?: Reason | undefined
}

export const callFactsOf = (
  request: IncomingMessage,
  { session, operation, targets, requestId, caller, reason }: Particulars,
): CallFacts => ({
  action: operation.id,
  tenant: session.app,
  actor: actorOf(session),
  targets,
  ...(reason && { reason }),
  policy: { decision: caller ? 'allow' : 'deny', rule: `${caller ?? 'none'}/${operation.id}` },
  context: {
    requestId,
    ip: clientAddress(request),
    userAgent: request.headers['user-agent'] ?? '',
    client: session.kind,
    ...(caller && isStaff(caller) ? { as: caller } : {}),
  },
})

const maxFields = 50
/** A key of custom properties that may be written down as it is. */
const plainKey = /^[\w.-]{1,64}$/

/** Names of the fields in a body, never their values. */
export const changedBy = (body: unknown): Pick<CallFacts, 'changed'> => {
  if (typeof body !== 'object' || body === null) return {}
  const names = Object.entries(body).flatMap(([name, value]) =>
    name !== 'properties' ? [name] : Object.keys(value as object).map((key) => (plainKey.test(key) ? `properties.${key}` : 'properties')),
  )
  return { changed: [...new Set(names)].slice(0, maxFields) }
}

export const callFacts = (call: UndecidedCall & Pick<Particulars, 'caller' | 'reason'>, targets: readonly Person[]): CallFacts => ({
  ...callFactsOf(call.request, { ...call, targets }),
  ...(call.operation.effect === 'write' && changedBy(call.body)),
})

/** The rule of a call to another app: its target belongs to that app. */
export const anotherAppFacts = (request: Request, requestId: string, operation: Operation, session: Session): CallFacts => ({
  ...callFactsOf(request, { operation, session, requestId, targets: personsIn(operation, request.params, session) }),
  policy: { decision: 'deny', rule: `another_app/${operation.id}` },
})

/** The request before its path is known: enough to tell a repeat from another request. */
export const requestFacts = ({ operation, params, body }: Call): GuardedCall['request'] => ({
  method: operation.method,
  path: '',
  facts: JSON.stringify([operation.path, params]),
  body: JSON.stringify(body ?? null),
})

/** The path without a userId, since it is hashed: a template, with the real path sealed. */
export const pathFacts = (
  app: UpstreamApp,
  { operation, params }: UpstreamCall<GuardedOperation>,
  isBySmoochId: boolean,
  request: GuardedCall['request'],
): Pick<GuardedCall, 'request' | 'personal'> => {
  const { pathname } = buildUrl(app, operation, params, {})
  return isBySmoochId
    ? { request: { ...request, path: pathname } }
    : {
        request: { ...request, path: operation.path.replace(':channel', params?.['channel'] ?? '') },
        personal: { path: pathname },
      }
}

type VendorFacts = NonNullable<OutcomeFacts['upstream']>

/** The vendor's name for the call, where it gave one. */
const vendorRequest = (requestId: string | undefined) => (requestId === undefined ? {} : { requestId })

export const answerFacts = ({ status, durationMs, requestId }: UpstreamAnswer): VendorFacts => ({
  status,
  durationMs: Math.round(durationMs),
  sent: true,
  ...vendorRequest(requestId),
})

export const failureFacts = ({ upstreamStatus, upstreamRequestId }: Problem['particulars'], sent: boolean): VendorFacts => ({
  status: upstreamStatus ?? null,
  sent,
  ...vendorRequest(upstreamRequestId),
})
