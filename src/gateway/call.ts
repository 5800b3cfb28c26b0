/** The record of one call, which the pipeline fills, and the parts that it works out by itself: the
 * body, the name of the own user, the patience of the caller, and what its headers say: why, for the
 * journal (Audit-Reason, Audit-Ticket, Audit-Note), and which call it repeats (Idempotency-Key). */

import type { IncomingMessage } from 'node:http'
import type { Request } from 'express'
import type { UpstreamApp } from '../../config/apps.ts'
import type { Settings } from '../../config/load.ts'
import type { Prefetched } from '../cache/lookup.ts'
import { faultIn } from '../contract/field-faults.ts'
import { type Caller, type Operation, timeLimit } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import { bodies } from '../contract/schemas.ts'
import { isBlank } from '../contract/text.ts'
import { checkBody, discardBody, readJson } from '../http/request/body.ts'
import type { Patience } from '../platform/deadline.ts'
import type { Subject } from '../policy/subjects.ts'
import type { Session } from '../session/record.ts'

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

/** The patience of a caller: the time of one call to the vendor and a little more, however many an answer takes. */
export const patienceOf = (operation: Operation, { res }: Request): Patience | undefined =>
  operation.effect === 'read'
    ? {
        until: performance.now() + timeLimit(operation) + 2_000,
        onGone: (listener) => void res?.on('close', () => void (res.writableFinished || listener())),
      }
    : undefined

export interface AuditRules {
  /** Codes that Audit-Reason may hold. */
  readonly reasons: readonly string[]
  readonly ticket: { test(text: string): boolean; pattern(): string }
  /** Callers who must give a reason with guarded operations. */
  readonly requiredFor: readonly Caller[]
  readonly required: readonly ('reason' | 'ticket')[]
  /** Whether the values that an update changes are kept, sealed. */
  readonly updateValues: boolean
}

export interface Reason {
  readonly code?: string
  readonly ticket?: string
  readonly note?: string
}

export const auditRulesOf = (settings: Settings): AuditRules => ({
  reasons: settings.AUDIT_REASONS,
  ticket: settings.AUDIT_TICKET,
  requiredFor: settings.AUDIT_REQUIRED_FOR,
  required: settings.AUDIT_REQUIRED,
  updateValues: settings.AUDIT_UPDATE_VALUES,
})

const maxNote = 2_000

const missing = (name: string) => [{ in: 'header', pointer: `#/${name}`, detail: 'is required' }] as const

/** Admission refuses a doubled one. */
const only = ({ headers }: IncomingMessage, name: string): string | undefined => headers[name] as string | undefined

/** An empty header counts as absent. */
const word = (request: IncomingMessage, name: string): string | undefined => only(request, name) || undefined

/** Percent-encoded UTF-8, as a header holds only ASCII. */
const noteOf = (text: string | undefined): string | undefined => {
  if (text === undefined) return undefined
  try {
    const note = decodeURIComponent(text)
    if (note.length <= maxNote && !isBlank(note)) return note
  } catch {}
  throw faultIn('header', ['audit-note'], `percent-encoded UTF-8 of at most ${maxNote} characters, at least one of them visible.`)
}

/** From Audit-Reason, Audit-Ticket and Audit-Note; a service session may bring defaults. Throws
 * `bad_request` and `reason_required`. */
export const readReason = (request: IncomingMessage, session: Session, caller: Caller, operation: Operation, rules: AuditRules): Reason => {
  const code = word(request, 'audit-reason') ?? session.audit?.reason
  const ticket = word(request, 'audit-ticket') ?? session.audit?.ticket
  const note = noteOf(word(request, 'audit-note'))
  if (code !== undefined && !rules.reasons.includes(code)) throw faultIn('header', ['audit-reason'], `one of ${rules.reasons.join(', ')}.`)
  if (ticket !== undefined && !rules.ticket.test(ticket))
    throw faultIn('header', ['audit-ticket'], `must match ${rules.ticket.pattern()}, which is the setting AUDIT_TICKET.`)
  const required = operation.effect === 'guarded' && rules.requiredFor.includes(caller) ? rules.required : []
  if (code === undefined && required.includes('reason'))
    throw new Problem('reason_required', {
      detail: `Audit-Reason is required; one of ${rules.reasons.join(', ')}.`,
      errors: missing('audit-reason'),
    })
  if (ticket === undefined && required.includes('ticket'))
    throw new Problem('reason_required', {
      detail: `Audit-Ticket is required; it must match ${rules.ticket.pattern()}.`,
      errors: missing('audit-ticket'),
    })
  return { ...(code !== undefined && { code }), ...(ticket !== undefined && { ticket }), ...(note !== undefined && { note }) }
}

/** 1 to 255 visible characters. */
export const readIdempotencyKey = (request: IncomingMessage): string | undefined => {
  const key = only(request, 'idempotency-key')
  if (key !== undefined && !/^[!-~]{1,255}$/.test(key)) throw faultIn('header', ['idempotency-key'], '1 to 255 visible ASCII characters.')
  return key
}
