/** The fields that a caller may write. Pure. */
import { placeOf } from '../contract/json-path.ts'
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
    throw new Problem('field_not_allowed', { detail: `confirmation.type immediate is for ${operation.immediate?.join(', ')}.` })
  if (caller === 'self' && operation.takes === 'AppUserLink') requireNoWords(body as BodyOf<'AppUserLink'>)
  if (caller !== 'self' || operation.takes !== 'AppUserUpdate') return
  const fields = body as Record<string, unknown>
  const field = Object.keys(fields).find((name) => !selfFields.includes(name))
  if (field)
    throw new Problem('field_not_allowed', {
      detail: `You may not write ${placeOf([field])}; you may write ${selfFields.filter((name) => name !== 'properties').join(', ')} and ${listed(selfProperties)}.`,
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
