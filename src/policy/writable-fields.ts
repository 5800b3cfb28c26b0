/** The fields that a caller may write. Pure. */
import { placeOf, pointerOf } from '../contract/json-path.ts'
import type { Caller, Operation } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import type { BodyOf } from '../contract/schemas.ts'

interface FieldRules {
  /** Keys of custom properties that end users may write. */
  readonly selfProperties: readonly string[]
}

/** TABLE: what end users may write of themselves; of `properties` only the keys that a setting names. */
const selfFields = ['givenName', 'surname', 'email', 'properties']

const listed = (properties: readonly string[]): string =>
  properties.length > 0 ? `the properties ${properties.join(', ')}` : 'no properties'

/** Field rules on the way in. The body has passed its schema. Throws `field_not_allowed`. */
export const requireFields = (caller: Caller, operation: Operation, body: unknown, { selfProperties }: FieldRules): void => {
  if (isImmediate(operation, body) && !operation.immediate?.includes(caller))
    throw notAllowed([['confirmation', 'type']], `confirmation.type immediate is for ${operation.immediate?.join(', ')}.`)
  if (caller === 'self' && operation.takes === 'AppUserLink') requireNoWords(body as BodyOf<'AppUserLink'>)
  if (caller !== 'self' || operation.takes !== 'AppUserUpdate') return
  const fields = body as Record<string, unknown>
  const properties = Object.keys((fields['properties'] as object | undefined) ?? {})
  const [first, ...others] = [
    ...Object.keys(fields).flatMap((name) => (selfFields.includes(name) ? [] : [[name]])),
    ...properties.flatMap((name) => (selfProperties.includes(name) ? [] : [['properties', name]])),
  ]
  if (!first) return
  const ownFields = selfFields.filter((name) => name !== 'properties').join(', ')
  const allowed = first.length === 1 ? `${ownFields} and ${listed(selfProperties)}` : listed(selfProperties)
  throw notAllowed([first, ...others], `You may not write ${placeOf(first)}; you may write ${allowed}.`)
}

/** At most so many are told, as of a body that is malformed. */
const maxFaults = 20

const notAllowed = (places: readonly (readonly string[])[], detail: string): Problem =>
  new Problem('field_not_allowed', {
    detail,
    errors: places.slice(0, maxFaults).map((place) => ({ pointer: pointerOf(place), detail: 'not yours to write' })),
  })

/** A link that asks nobody: it may merge somebody away at once, so it needs a recent sign-in. */
export const isImmediate = (operation: Operation, body: unknown): boolean =>
  operation.takes === 'AppUserLink' && (body as BodyOf<'AppUserLink'>).confirmation.type === 'immediate'

/** No words of an end user in a link: the business says them. */
const requireNoWords = (link: BodyOf<'AppUserLink'>): void => {
  const [first, ...others] = [
    ...(link.confirmation.message ? [['confirmation', 'message']] : []),
    ...('subject' in link && link.subject !== undefined ? [['subject']] : []),
  ]
  if (first) throw notAllowed([first, ...others], `You may not write ${placeOf(first)}: the service says itself what the person is asked.`)
}
