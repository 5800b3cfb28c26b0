/** The facts of a call for the journal: who asks, about whom, why, from where; and the reason
 * headers, checked. */
import type { IncomingMessage } from 'node:http'
import type { Caller, Operation } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import { isBlank } from '../contract/text.ts'
import { clientAddress } from '../http/client-address.ts'
import type { CallFacts, Person } from '../journal/event/compose.ts'
import { isStaff } from '../policy/decide.ts'
import type { Session } from '../session/sessions.ts'

export interface AuditRules {
  /** Codes that Audit-Reason may hold. */
  readonly reasons: readonly string[]
  readonly ticket: { test(text: string): boolean; pattern(): string }
  /** Callers who must give a reason with guarded operations. */
  readonly requiredFor: readonly Caller[]
}

export interface Reason {
  readonly code?: string
  readonly ticket?: string
  readonly note?: string
}

const maxNote = 2_000

const single = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name]
  if (Array.isArray(value)) throw new Problem('bad_request', { detail: `The header ${name} may appear once.` })
  return value
}

/** An empty header counts as absent. */
const word = (request: IncomingMessage, name: string): string | undefined => single(request, name) || undefined

/** Percent-encoded UTF-8, as a header holds only ASCII. */
const noteOf = (text: string | undefined): string | undefined => {
  if (text === undefined) return undefined
  try {
    const note = decodeURIComponent(text)
    if (note.length <= maxNote && !isBlank(note)) return note
  } catch {}
  throw new Problem('bad_request', {
    detail: `audit-note: percent-encoded UTF-8 of at most ${maxNote} characters, some of which can be seen.`,
  })
}

/** From Audit-Reason, Audit-Ticket and Audit-Note; a service session may bring defaults. Throws
 * `bad_request` and `reason_required`. */
export const readReason = (request: IncomingMessage, session: Session, caller: Caller, operation: Operation, rules: AuditRules): Reason => {
  const code = word(request, 'audit-reason') ?? session.audit?.reason
  const ticket = word(request, 'audit-ticket') ?? session.audit?.ticket
  const note = noteOf(word(request, 'audit-note'))
  if (code !== undefined && !rules.reasons.includes(code))
    throw new Problem('bad_request', { detail: `audit-reason: one of ${rules.reasons.join(', ')}.` })
  if (ticket !== undefined && !rules.ticket.test(ticket))
    throw new Problem('bad_request', { detail: `audit-ticket: must match ${rules.ticket.pattern()}, which is the setting AUDIT_TICKET.` })
  if (code === undefined && operation.effect === 'guarded' && rules.requiredFor.includes(caller))
    throw new Problem('reason_required', { detail: `Audit-Reason is required; one of ${rules.reasons.join(', ')}.` })
  return { ...(code !== undefined && { code }), ...(ticket !== undefined && { ticket }), ...(note !== undefined && { note }) }
}

/** 1 to 255 visible characters. */
export const readIdempotencyKey = (request: IncomingMessage): string | undefined => {
  const key = single(request, 'idempotency-key')
  if (key !== undefined && !/^[!-~]{1,255}$/.test(key))
    throw new Problem('bad_request', { detail: 'idempotency-key: 1 to 255 visible ASCII characters.' })
  return key
}

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
  readonly caller?: Caller | undefined
  readonly reason?: Reason | undefined
}

/** Absent for denied calls, which no rule let in. */
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

/** The vendor's name for the call, where it gave one. */
export const vendorRequest = (requestId: string | undefined): { readonly requestId?: string } =>
  requestId === undefined ? {} : { requestId }
