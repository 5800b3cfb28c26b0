/** What may be an id: the strict rule for path segments, and the wider one for ids that come from a session, a mint or a body. */
import { Problem } from './problems.ts'

const pathLimit = 256
const limit = 1024

const dots = (value: string): boolean => value === '.' || value === '..'

/** Characters, not UTF-16 units: an id of 256 emoji is as long as one of 256 letters. */
const within = (value: string, most: number): boolean => value.length > 0 && (value.length <= most || [...value].length <= most)

// Control, format and surrogate characters cannot be seen or cannot be encoded; the others would mean something else in a URL.
const unfitForPath = /[\p{Cc}\p{Cf}\p{Cs}/\\%?#;]/u

/** Proves an id that stood in a path as one segment, already decoded once. */
export const pathId = (segment: string): string => {
  if (!within(segment, pathLimit) || dots(segment) || unfitForPath.test(segment) || segment.normalize('NFC') !== segment) {
    throw new Problem('invalid_id')
  }
  return segment
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
