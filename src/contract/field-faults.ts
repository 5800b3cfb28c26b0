/** A `bad_request` with one fault, and the name of a place in a body, in words and as pointer. */
import { type FieldFault, type Particulars, Problem } from './problems.ts'

/** `properties.colour`, `actions[2].uri`, `properties["plan name"]`. Other keys could be any text,
 * so they are not repeated. */
export const placeOf = (labels: readonly PropertyKey[]): string => labels.map(labelOf).join('').replace(/^\./, '')

/** The place as in RFC 9457: a JSON pointer in a fragment, up to a key that is no plain word. */
export const pointerOf = (labels: readonly PropertyKey[]): string => {
  const unclear = labels.findIndex((label) => labelOf(label) === '.?')
  const clear = unclear < 0 ? labels : labels.slice(0, unclear)
  return ['#', ...clear.map((label) => encodeURIComponent(String(label).replaceAll('/', '~1')))].join('/')
}

const labelOf = (label: PropertyKey): string => {
  if (typeof label === 'number') return `[${label}]`
  const key = String(label)
  if (/^[\w$-]{1,64}$/.test(key)) return `.${key}`
  return /^[\p{L}\p{M}\p{N} ._:/+$-]{1,64}$/u.test(key) ? `["${key}"]` : '.?'
}

/** `says` never repeats what was sent; of `place` only keys that are plain words are. `detail`
 * replaces the sentence made of place and words. */
export const faultIn = (
  where: NonNullable<FieldFault['in']> | 'body',
  place: readonly PropertyKey[],
  says: string,
  particulars: Omit<Particulars, 'errors'> = {},
): Problem =>
  new Problem('bad_request', {
    detail: `${placeOf(place) || where}: ${says}`,
    ...particulars,
    errors: [{ ...(where !== 'body' && { in: where }), pointer: pointerOf(place), detail: says }],
  })

/** A body of another media type than `must` says. */
export const otherType = (headers: Readonly<Record<string, string | string[] | undefined>>, must: string): Problem => {
  const { 'content-type': type, 'content-encoding': encoding } = headers
  const shown = (value: unknown): string => JSON.stringify(String(value).slice(0, 100))
  const came = type === undefined ? 'None is given.' : `This one is ${shown(type)}.`
  const detail =
    encoding === undefined ? `${must} ${came}` : `A body with a content-encoding is not accepted, and this one has ${shown(encoding)}.`
  return new Problem('unsupported_media_type', { detail })
}
