/** Rules for ids: a strict one for path segments, a wider one for those of sessions and bodies. */
import { faultIn } from './field-faults.ts'
import { Problem } from './problems.ts'
import { unseen } from './text.ts'

const pathLimit = 256
const limit = 1024

const dots = (value: string): boolean => value === '.' || value === '..'

/** Characters, not UTF-16 units: 256 emoji are as long as 256 letters. */
const fits = (value: string, max: number): boolean => value.length > 0 && (value.length <= max || [...value].length <= max)

const codePoint = (character: string): string => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`

/** The first invisible character, with which two ids would look the same; undefined without one. */
export const hiddenIn = (value: string): string | undefined => {
  const [hidden] = unseen.exec(value) ?? []
  if (hidden === ' ') return 'begins or ends with a space'
  if (hidden === '\u200c' || hidden === '\u200d') return `holds the joiner ${codePoint(hidden)}, which may only stand between two letters`
  return hidden === undefined ? undefined : `holds ${codePoint(hidden)}, a character that cannot be seen`
}

/** Why no path could hold the id, however encoded; undefined when one could. */
const faultOf = (value: string): string | undefined => {
  if (!fits(value, pathLimit)) return `must hold 1 to ${pathLimit} characters`
  if (dots(value)) return 'must not be "." or ".."'
  const hidden = hiddenIn(value)
  if (hidden !== undefined) return hidden
  // To the vendor, the same letters in another form are another id.
  if (value.normalize('NFC') !== value) return 'must be in composed form (Unicode NFC): "é" is one character there, not "e" and an accent'
  return undefined
}

/** Characters with a meaning of their own in a URL. */
const reserved = /[/\\%?#;]/

/** Checks an id from a path segment, decoded once. */
export const pathId = (segment: string): string => {
  const fault = faultOf(segment) ?? (reserved.test(segment) ? 'must hold none of / \\ % ? # ;' : undefined)
  if (fault)
    throw new Problem('invalid_id', { detail: `The id in the path ${fault}. A user with another id is addressed by the vendor's _id.` })
  return segment
}

/** Checks the id of a user to be created. Ids that no path can hold are refused, except those with
 * a reserved character (`tenant/42`), which are reachable as `me` or by `_id`. */
export const newId = (value: string): string => {
  const fault = value === 'me' ? 'must not be "me"' : faultOf(value)
  if (fault) throw faultIn('body', ['userId'], `${fault}; no path could name this user.`)
  return value
}

export const isTooLong = (value: string): boolean => value !== '' && !fits(value, limit)

/** Why nobody may be called so, no member of staff either; undefined when somebody may. */
export const faultOfName = (value: string): string | undefined =>
  fits(value, limit) ? hiddenIn(value) : `must hold 1 to ${limit} characters`

/** Checks an id from elsewhere: it may hold a slash, since its URL is encoded and checked. */
export const provableId = (value: string): string => {
  const fault = dots(value) || value === 'me' ? 'must not be ".", ".." or "me"' : faultOfName(value)
  if (fault) throw new Problem('bad_request', { detail: `The id ${fault}.` })
  return value
}

/** True for the shape of the vendor's `_id`, which proves nothing: a userId may have it too. */
export const looksLikeSmoochId = (value: string): boolean => /^[0-9a-f]{24}$/i.test(value)

/** Ids and a token as documents show them. Here, since a start loads no other part of those. */
export const exampleIds = {
  operation: 'op_019ab2c4-5d6e-7f80-91a2-b3c4d5e6f708',
  event: 'evt_019ab2c4-5d6e-7f80-91a2-b3c4d5e6f709',
  session: 's_3kJx0aPq7Zt1',
  token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl',
} as const
