/** The fields that a caller may write, and the words of a link, which are the business's. Pure. */
import { faultIn, placeOf, pointerOf } from '../contract/field-faults.ts'
import type { Caller, Operation } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import type { Body, BodyOf } from '../contract/schemas.ts'

interface FieldRules {
  /** Keys of custom properties that end users may write. */
  readonly selfProperties: readonly string[]
}

/** TABLE: fields of their own that end users may write, by body; of `properties` only keys that a
 * setting names. No picture, since staff load it from its address. Links have a rule below. */
const selfFields: Readonly<Record<Exclude<Body, 'AppUserLink'>, readonly string[]>> = {
  AppUserUpdate: ['givenName', 'surname', 'email', 'properties'],
  ImageUpload: ['role', 'name', 'text', 'email', 'altText'],
  AppUserPreCreate: [],
  AppUserMerge: [],
}

const listed = (properties: readonly string[]): string =>
  properties.length > 0 ? `the properties ${properties.join(', ')}` : 'no properties'

/** Field rules on the way in. The body has passed its schema; that of an image is known only while
 * it is read. Throws `field_not_allowed`. */
export const requireFields = (caller: Caller, operation: Operation, body: unknown, { selfProperties }: FieldRules): void => {
  if (isImmediate(operation, body) && !operation.immediate?.includes(caller))
    throw notAllowed([['confirmation', 'type']], `confirmation.type immediate is for ${operation.immediate?.join(', ')}.`)
  if (caller !== 'self' || !operation.takes || body === undefined) return
  if (operation.takes === 'AppUserLink') requireNoWords(body as BodyOf<'AppUserLink'>)
  else requireOwn(selfFields[operation.takes], body as Record<string, unknown>, selfProperties)
}

const requireOwn = (own: readonly string[], fields: Record<string, unknown>, selfProperties: readonly string[]): void => {
  const properties = Object.keys((fields['properties'] as object | undefined) ?? {})
  const [first, ...others] = [
    ...Object.keys(fields).flatMap((name) => (own.includes(name) ? [] : [[name]])),
    ...properties.flatMap((name) => (selfProperties.includes(name) ? [] : [['properties', name]])),
  ]
  if (!first) return
  const plain = own.filter((name) => name !== 'properties').join(', ') || 'nothing'
  const ofAll = own.includes('properties') ? `${plain} and ${listed(selfProperties)}` : plain
  const allowed = first.length === 1 ? ofAll : listed(selfProperties)
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

type Link = BodyOf<'AppUserLink'>

/** The vendor takes these only with a message. */
const needsMessage = ({ type, confirmation }: Link): boolean => type === 'messenger' || confirmation.type === 'userActivity'

/** The body of a link as it is sent. Throws `bad_request` without a message that it needs. */
export const withConfirmation = (caller: Caller, operation: Operation, body: unknown, own: string | undefined): unknown => {
  if (operation.takes !== 'AppUserLink') return body
  const given = body as Link
  const message = { role: 'appMaker', type: 'text', text: own } as const
  const link = caller === 'self' && own !== undefined ? { ...given, confirmation: { ...given.confirmation, message } } : given
  if (needsMessage(link) && !link.confirmation.message)
    throw caller === 'self'
      ? faultIn('body', ['confirmation', 'type'], 'only prompt is open to you here, on a channel that has it.')
      : faultIn('body', ['confirmation', 'message'], 'is needed for messenger and for a confirmation by userActivity.')
  return link
}
