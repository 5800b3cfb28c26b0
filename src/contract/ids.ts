/** What may be an id: the strict rule for path segments, and the wider one for ids that come from a session, a mint or a body. */
import { Problem } from './problems.ts'

const pathLimit = 256
const limit = 1024

const dots = (value: string): boolean => value === '.' || value === '..'

/** Characters, not UTF-16 units: an id of 256 emoji is as long as one of 256 letters. */
const within = (value: string, most: number): boolean => value.length > 0 && (value.length <= most || [...value].length <= most)

/** Control, format and surrogate characters: they cannot be seen or not be encoded. A joiner between two letters belongs to the word in Persian and Indic scripts. */
export const unseen = /(?!(?<=[\p{L}\p{M}])[\u200c\u200d](?=[\p{L}\p{M}]))[\p{Cc}\p{Cf}\p{Cs}]/u

const codePoint = (character: string): string => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`

/** Why no path could name it, whatever its encoding; undefined when one could. */
const faultOf = (value: string): string | undefined => {
  if (!within(value, pathLimit)) return `must hold 1 to ${pathLimit} characters`
  if (dots(value)) return 'must not be "." or ".."'
  const [hidden] = unseen.exec(value) ?? []
  if (hidden === '\u200c' || hidden === '\u200d') return `holds the joiner ${codePoint(hidden)}, which may only stand between two letters`
  if (hidden !== undefined) return `holds ${codePoint(hidden)}, a character that cannot be seen`
  // The same letters in another form are another id to the vendor.
  if (value.normalize('NFC') !== value) return 'must be in composed form (Unicode NFC): "é" is one character there, not "e" and an accent'
  return undefined
}

/** Characters that would mean something else in a URL. */
const reserved = /[/\\%?#;]/

/** Proves an id that stood in a path as one segment, already decoded once. */
export const pathId = (segment: string): string => {
  const fault = faultOf(segment) ?? (reserved.test(segment) ? 'must hold none of / \\ % ? # ;' : undefined)
  if (fault)
    throw new Problem('invalid_id', { detail: `The id in the path ${fault}. A user with another id is addressed by the vendor's _id.` })
  return segment
}

/** Proves the id of somebody who is to be created: what no path could name is refused, but for what only has to be addressed as `me` or by `_id` (`tenant/42`). */
export const newId = (value: string): string => {
  const fault = value === 'me' ? 'must not be "me"' : faultOf(value)
  if (fault) throw new Problem('bad_request', { detail: `userId: ${fault}; no path could name this user.` })
  return value
}

const unprovable = /[\p{Cc}\p{Cs}]/u

/** Proves an id that never stood in a path: it may hold a slash or a question mark, since the URL built from it is encoded and checked. */
export const provableId = (value: string): string => {
  if (!within(value, limit) || dots(value) || value === 'me' || unprovable.test(value)) {
    throw new Problem('bad_request', {
      detail: 'An id holds 1 to 1024 characters, none of them a control character, and is not ".", ".." or "me".',
    })
  }
  return value
}

/** Has the shape of the vendor's own `_id`. A customer's userId may have it too, so this proves nothing by itself. */
export const looksLikeSmoochId = (value: string): boolean => /^[0-9a-f]{24}$/i.test(value)
