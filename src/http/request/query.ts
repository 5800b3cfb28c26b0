/** Reads a query string of exactly the parameters of its route: each once, none unknown. */
import { faultIn } from '../../contract/field-faults.ts'
import type { Problem } from '../../contract/problems.ts'

/** A name or value. URLSearchParams would put U+FFFD where percent signs are no UTF-8. */
export const decodePart = (text: string, place: 'query' | 'body'): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    const detail = `The ${place === 'body' ? 'form' : place} holds a malformed percent sign.`
    throw faultIn(place, [], 'holds a malformed percent sign', { detail, cause })
  }
}

/** What stands after the first question mark of a target. */
export const rawQueryOf = (target: string): string => (target.includes('?') ? target.slice(target.indexOf('?') + 1) : '')

/** `rawQuery` is what stands after the question mark, undecoded; every parameter in `needed` must
 * be there, those in `optional` may. */
export const checkQuery = (rawQuery: string, needed: readonly string[], optional: readonly string[] = []): Record<string, string> => {
  const allowed = [...needed, ...optional]
  const found = new Map<string, string>()
  for (const pair of rawQuery === '' ? [] : rawQuery.split('&')) {
    const equals = pair.indexOf('=')
    const name = decodePart(equals < 0 ? pair : pair.slice(0, equals), 'query')
    const value = equals < 0 ? '' : decodePart(pair.slice(equals + 1), 'query')
    if (!allowed.includes(name)) throw unknown(name, allowed)
    if (found.has(name))
      throw faultIn('query', [name], `may appear once; ${joined}`, { detail: `The query parameter ${name} may appear once; ${joined}.` })
    if (/\p{Cc}/u.test(value))
      throw faultIn('query', [name], 'holds a control character', { detail: `The query parameter ${name} holds a control character.` })
    found.set(name, value)
  }
  const missing = needed.find((name) => !found.get(name))
  if (missing !== undefined) throw faultIn('query', [missing], 'is required', { detail: `The query parameter ${missing} is required.` })
  return Object.fromEntries(found)
}

/** The parameters of these names, each if it is there once; all else is passed over. */
export const pickQuery = (rawQuery: string, names: readonly string[]): Record<string, string> => {
  const given = new URLSearchParams(rawQuery)
  return Object.fromEntries(
    names.flatMap((name) => {
      const [value, ...more] = given.getAll(name)
      return value === undefined || more.length > 0 ? [] : [[name, value]]
    }),
  )
}

const joined = 'join several values by commas'

/** An unknown name is the caller's text, and may be anything: the sentence leaves it out, the
 * pointer has it when it is a plain word. */
const unknown = (name: string, allowed: readonly string[]): Problem => {
  const list = allowed.find((each) => name.startsWith(`${each}[`))
  return list
    ? faultIn('query', [list], `write it without brackets, once; ${joined}`, { detail: `Write ${list} without brackets, once; ${joined}.` })
    : faultIn('query', [name], 'unknown parameter', { detail: `The query holds an unknown parameter; ${namesOf(allowed)}.` })
}

const namesOf = (allowed: readonly string[]): string => (allowed.length > 0 ? `known here: ${allowed.join(', ')}` : 'this path takes none')
