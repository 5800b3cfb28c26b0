/** The language of the search field, as log searches have it: `target:x state:open from:7d`. A word
 * without a key is a person. */

import { Problem } from '../../contract/problems.ts'
import { fullName } from '../../journal/event/actions.ts'
import type { State } from '../../journal/event/event.ts'
import { actions, dateOf, endOf, states } from '../../journal/filter.ts'
import type { Filter } from '../../journal/store/search.ts'

export const keys = ['target', 'actor', 'action', 'state', 'ticket', 'from', 'to'] as const
type Key = (typeof keys)[number]

export interface Term {
  readonly key: Key
  readonly value: string
  /** Why the word is not understood; it then narrows nothing. */
  readonly fault?: string
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** A date, a time, `today`, or an age: `30m`, `24h`, `7d`, `2w`. A day given as the end is
 * included. */
const timeOf = (value: string, end: boolean, now: number): Date | undefined => {
  const ago = /^(\d{1,4})([mhdw])$/.exec(value)
  if (ago) return new Date(now - Number(ago[1]) * units[ago[2]!]!)
  const day = value === 'today' ? new Date(now).toISOString().slice(0, 10) : value
  return end ? endOf(day) : dateOf(day)
}

const faultOf = (key: Key, value: string): string | undefined => {
  if (key === 'action' && !actions.includes(value)) return `one of ${actions.join(', ')}`
  if (key === 'state' && !states.includes(value)) return `one of ${states.join(', ')}`
  if ((key === 'from' || key === 'to') && !timeOf(value, false, 0)) return 'a date such as 2026-01-31, today, or 24h, 7d'
  return undefined
}

// In quotation marks, a backslash escapes a quotation mark or a backslash.
const pattern = /(?:(target|actor|action|state|ticket|from|to):)?(?:"((?:\\["\\]|\\(?!["\\])|[^"\\])*)"|(\S+))/g

/** Characters: the longest userId in quotation marks, and every other word beside it. */
const longest = 1_500
const most = 20

/** The words of a search; of a doubled key the last counts. Throws `bad_request` above the longest
 * search. */
export const parse = (text: string): Term[] => {
  if (text.length > longest) throw new Problem('bad_request', { detail: `q: a search holds at most ${longest} characters.` })
  const terms = [...text.matchAll(pattern)].flatMap(([, key, quoted, plain]): Term[] => {
    const value = (quoted?.replaceAll(/\\(["\\])/g, '$1') ?? plain ?? '').trim()
    const name = (key ?? 'target') as Key
    const fault = faultOf(name, value)
    return value === '' ? [] : [{ key: name, value, ...(fault !== undefined && { fault }) }]
  })
  if (terms.length > most) throw new Problem('bad_request', { detail: `q: a search holds at most ${most} words.` })
  return terms.map((word, at) =>
    terms.slice(at + 1).some(({ key }) => key === word.key) ? { ...word, fault: 'given once: the last one counts' } : word,
  )
}

export const textOf = (terms: readonly Term[]): string =>
  terms.map(({ key, value }) => `${key}:${/\s|^"/.test(value) ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : value}`).join(' ')

/** Address of the timeline with this search. */
export const searchFor = (root: string, ...terms: readonly Term[]): string => `${root}?q=${encodeURIComponent(textOf(terms))}`

export const filterOf = (terms: readonly Term[], now = Date.now()): Omit<Filter, 'tenant' | 'cursor' | 'limit'> => {
  const found: Record<string, string | Date> = {}
  for (const { key, value, fault } of terms) {
    if (fault !== undefined) continue
    if (key === 'from' || key === 'to') found[key] = timeOf(value, key === 'to', now)!
    else found[key] = key === 'action' ? fullName(value) : value
  }
  return found as { state?: State }
}

/** The search as parameters of the read API. */
export const parametersOf = (terms: readonly Term[], now = Date.now()): URLSearchParams =>
  new URLSearchParams(
    Object.entries(filterOf(terms, now)).map(([key, value]) => [key, value instanceof Date ? value.toISOString() : String(value)]),
  )
