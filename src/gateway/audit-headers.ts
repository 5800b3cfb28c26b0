/** Headers for the journal: why a call is made (Audit-Reason, Audit-Ticket, Audit-Note), and which
 * call it repeats (Idempotency-Key). */
import type { IncomingMessage } from 'node:http'
import type { Settings } from '../../config/load.ts'
import { faultIn } from '../contract/field-faults.ts'
import type { Caller, Operation } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import { isBlank } from '../contract/text.ts'
import type { Session } from '../session/record.ts'

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
