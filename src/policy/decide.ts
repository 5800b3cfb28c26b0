/** Who may do what to whom: `decide` and the field rules. Pure: everything it needs is in its
 * arguments, nothing is looked up. */

import { placeOf } from '../contract/json-path.ts'
import type { Caller, Operation, Role } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import type { BodyOf } from '../contract/schemas.ts'

/** What policy knows of a session. */
export interface PolicyActor {
  readonly roles: readonly Role[]
  readonly kind: 'cookie' | 'bearer' | 'service'
  /** Seconds since 1970. */
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
  if (!caller) throw new Problem(held.length > 0 ? 'user_not_found' : 'forbidden')
  if (needsStepUp(operation)) requireRecentSignIn(actor, nowMs)
  return caller
}

/** Asked again before a guarded call is sent: the session may have ended, or the role be gone.
 * Throws `unauthorized` and `forbidden`. */
export const requireStill = (actor: Pick<PolicyActor, 'roles'> | undefined, caller: Caller): void => {
  if (!actor) throw new Problem('unauthorized')
  if (!holds(actor, caller)) throw new Problem('forbidden')
}

/** Step-up: for what only staff may do and nobody can undo. */
const needsStepUp = (operation: Operation): boolean => operation.effect === 'guarded' && !operation.by.includes('self')

/** Throws `step_up_required`. Programs are exempt, since nobody sits there to sign in. */
export const requireRecentSignIn = (actor: PolicyActor, nowMs: number): void => {
  if (actor.kind !== 'service' && nowMs / 1000 - actor.authTime > stepUpMaxAge) throw stepUpRequired()
}

/** RFC 9470. */
const stepUpRequired = (): Problem =>
  new Problem('step_up_required', {
    headers: {
      'WWW-Authenticate': `Bearer error="insufficient_user_authentication", error_description="A sign-in not older than 15 minutes is required", max_age=${stepUpMaxAge}`,
    },
  })

export const isStaff = (caller: Caller): boolean => caller === 'admin' || caller === 'agent'

interface FieldRules {
  /** Keys of custom properties that end users may write. */
  readonly selfProperties: readonly string[]
}

const selfFields = new Set(['givenName', 'surname', 'email', 'properties'])

const listed = (properties: readonly string[]): string =>
  properties.length > 0 ? `the properties ${properties.join(', ')}` : 'no properties'

/** Field rules on the way in. The body has passed its schema. Throws `field_not_allowed`. */
export const requireFields = (caller: Caller, operation: Operation, body: unknown, { selfProperties }: FieldRules): void => {
  if (isImmediate(operation, body) && !operation.immediate?.includes(caller))
    throw new Problem('field_not_allowed', { detail: `confirmation.type immediate is for ${operation.immediate?.join(', ')}.` })
  if (caller === 'self' && operation.takes === 'AppUserLink') requireNoWords(body as BodyOf<'AppUserLink'>)
  if (caller !== 'self' || operation.takes !== 'AppUserUpdate') return
  const fields = body as Record<string, unknown>
  const field = Object.keys(fields).find((name) => !selfFields.has(name))
  if (field)
    throw new Problem('field_not_allowed', {
      detail: `You may not write ${placeOf([field])}; you may write givenName, surname, email and ${listed(selfProperties)}.`,
    })
  const property = Object.keys((fields['properties'] as object | undefined) ?? {}).find((name) => !selfProperties.includes(name))
  if (property !== undefined)
    throw new Problem('field_not_allowed', {
      detail: `You may not write ${placeOf(['properties', property])}; you may write ${listed(selfProperties)}.`,
    })
}

/** A link that asks nobody: it may merge somebody away at once, so it needs a recent sign-in. */
export const isImmediate = (operation: Operation, body: unknown): boolean =>
  operation.takes === 'AppUserLink' && (body as BodyOf<'AppUserLink'>).confirmation.type === 'immediate'

/** No words of an end user in a link: the business says them. */
const requireNoWords = (link: BodyOf<'AppUserLink'>): void => {
  const field = link.confirmation.message ? 'confirmation.message' : 'subject' in link && link.subject !== undefined ? 'subject' : undefined
  if (field !== undefined)
    throw new Problem('field_not_allowed', { detail: `You may not write ${field}: the service says itself what the person is asked.` })
}

/** The author of an image: end users post as themselves, staff as the business, programs choose.
 * Throws `role_mismatch`. */
export const requireImageRole = (actor: PolicyActor, caller: Caller, subject: PolicySubject, role: string): void => {
  const allowed = [
    ...(subject.self && actor.roles.includes('user') ? ['appUser'] : []),
    ...(isStaff(caller) ? ['appMaker'] : []),
    ...(actor.kind === 'service' ? ['appUser', 'appMaker'] : []),
  ]
  if (!allowed.includes(role)) throw new Problem('role_mismatch')
}
