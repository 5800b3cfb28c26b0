/** Who may do what to whom. Pure: everything it needs is in its arguments, nothing is looked up. */
import { type Caller, maxAheadSeconds, type Operation, type Role } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'

/** What policy knows of a session. */
export interface PolicyActor {
  readonly roles: readonly Role[]
  readonly kind: 'cookie' | 'bearer' | 'service'
  /** Seconds since 1970, by the clock of `nowMs`. */
  readonly authTime: number
}

export interface PolicySubject {
  /** The subject is the actor's own app user. */
  readonly self: boolean
}

/** Interactive staff must have signed in this recently (seconds) for what cannot be undone. */
export const stepUpMaxAge = 15 * 60

// Widest first: it decides what is shown and which fields may be written.
const byWidth: readonly Caller[] = ['admin', 'agent', 'service', 'self']

const holds = (actor: Pick<PolicyActor, 'roles'>, caller: Caller): boolean => actor.roles.includes(caller === 'self' ? 'user' : caller)

/** The widest caller that the actor is here. Throws `forbidden`, `user_not_found` (a foreign id:
 * the same as an unknown one) or `step_up_required`. */
export const decide = (actor: PolicyActor, operation: Operation, subjects: readonly PolicySubject[], nowMs: number): Caller => {
  const held = byWidth.filter((caller) => operation.by.includes(caller) && holds(actor, caller))
  const own = subjects.every(({ self }) => self)
  const caller = held.find((candidate) => candidate !== 'self' || own)
  if (!caller) throw held.length > 0 ? new Problem('user_not_found') : forbidden(operation)
  if (needsStepUp(operation)) requireRecentSignIn(actor, nowMs)
  return caller
}

const forbidden = ({ by }: Operation): Problem =>
  new Problem('forbidden', { detail: `Your role does not allow this operation, which is for ${by.join(', ') || 'nobody'}.` })

/** Asked again before a guarded call is sent: the session may have ended, or the role be gone.
 * Throws `unauthorized` and `forbidden`. */
export const confirmCaller = (actor: Pick<PolicyActor, 'roles'> | undefined, caller: Caller): void => {
  if (!actor) throw new Problem('unauthorized')
  if (!holds(actor, caller)) throw new Problem('forbidden')
}

/** Step-up: for what only staff may do and nobody can undo. */
const needsStepUp = (operation: Operation): boolean => operation.effect === 'guarded' && !operation.by.includes('self')

/** Throws `step_up_required`. Programs are exempt, since nobody sits there to sign in. */
export const requireRecentSignIn = (actor: PolicyActor, nowMs: number): void => {
  const age = nowMs / 1000 - actor.authTime
  if (actor.kind !== 'service' && (age > stepUpMaxAge || age < -maxAheadSeconds)) throw stepUpRequired()
}

/** RFC 9470. */
const stepUpRequired = (): Problem =>
  new Problem('step_up_required', {
    headers: {
      'WWW-Authenticate': `Bearer error="insufficient_user_authentication", error_description="A sign-in not older than ${stepUpMaxAge / 60} minutes is required", max_age=${stepUpMaxAge}`,
    },
  })

export const isStaff = (caller: Caller): boolean => caller === 'admin' || caller === 'agent'

/** Users post images as themselves, staff as the business, programs choose; or `role_mismatch`. */
export const requireImageRole = (actor: PolicyActor, caller: Caller, subject: PolicySubject, role: string): void => {
  const allowed = [
    ...(subject.self && actor.roles.includes('user') ? ['appUser'] : []),
    ...(isStaff(caller) ? ['appMaker'] : []),
    ...(actor.kind === 'service' ? ['appUser', 'appMaker'] : []),
  ]
  if (!allowed.includes(role)) throw new Problem('role_mismatch')
}
