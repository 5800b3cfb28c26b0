/** The language of the search field, as log searches have it: `target:x -state:success from:7d`. A
 * word without a key is whatever people paste: a person, who acted, a ticket, or an id. */

import { faultIn } from '../../contract/field-faults.ts'
import { fullName } from '../../journal/event/actions.ts'
import { actions, dateOf, endOf, hasOffset, isZone, states } from '../../journal/filter.ts'
import type { Condition, Filter } from '../../journal/store/search.ts'

const keys = ['target', 'actor', 'action', 'state', 'ticket', 'reason', 'from', 'to', 'zone'] as const
type Key = (typeof keys)[number] | 'any'

/** For people: each with its colon. */
export const keyNames = keys.map((key) => `${key}:`).join(' ')

export interface Term {
  readonly key: Key
  readonly value: string
  /** True when it must not fit. */
  readonly not?: true
  /** Why the word is not understood; the search then finds nothing. */
  readonly fault?: string
  /** A word before a colon that is no key; the whole was looked for as a name. */
  readonly unknownKey?: string
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const isTime = ({ key }: Pick<Term, 'key'>): boolean => key === 'from' || key === 'to'
const age = /^(\d{1,4})([mhdw])$/

/** A date, a time, `today`, `yesterday`, or an age: `30m`, `24h`, `7d`, `2w`. A day given as the end
 * is included. */
const timeOf = (value: string, end: boolean, now: number, zone = 'UTC'): Date | undefined => {
  const ago = age.exec(value)
  if (ago) return new Date(now - Number(ago[1]) * units[ago[2]!]!)
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate()
  const date = value === 'today' ? `${today}` : value === 'yesterday' ? `${today.subtract({ days: 1 })}` : value
  return end ? endOf(date, zone) : dateOf(date, zone)
}

/** True when the search names days or times, and leaves open where on earth. */
export const lacksZone = (terms: readonly Term[]): boolean =>
  terms.some((term) => isTime(term) && !age.test(term.value) && !hasOffset(term.value)) && terms.every(({ key }) => key !== 'zone')

/** Values with a comma between them, where no value holds one. */
const listed: readonly Key[] = ['action', 'state', 'reason']
const valuesOf = ({ key, value }: Term): string[] => (listed.includes(key) ? value.split(',').filter((item) => item !== '') : [value])

/** Words that come once, and have no opposite. */
const once: readonly Key[] = ['from', 'to', 'zone']

const faultOf = (term: Term): string | undefined => {
  const { key, value, not } = term
  if (once.includes(key) && not) return 'without a minus'
  if (isTime(term) && !timeOf(value, false, 0)) return 'a date such as 2026-01-31, today, yesterday, or 24h, 7d'
  if (key === 'zone' && !isZone(value)) return 'a time zone such as Europe/Berlin, +02:00 or UTC'
  const known = key === 'action' ? actions : key === 'state' ? states : undefined
  return known === undefined || valuesOf(term).every((item) => known.includes(item)) ? undefined : `one of ${known.join(', ')}`
}

// In quotation marks, a backslash escapes a quotation mark or a backslash.
const pattern = /(?:(-?)(target|actor|action|state|ticket|reason|from|to|zone):)?(?:"((?:\\["\\]|\\(?!["\\])|[^"\\])*)"|(\S+))/g

/** Characters: the longest userId in quotation marks, and every other word beside it. */
export const longestSearch = 1_500
const most = 20

const termsOf = (text: string): Term[] => {
  const terms = [...text.matchAll(pattern)].flatMap(([, minus, key, quoted, plain]): Term[] => {
    const value = (quoted?.replaceAll(/\\(["\\])/g, '$1') ?? plain ?? '').trim()
    const unknownKey = key === undefined ? /^-?([a-z]+):/.exec(plain ?? '')?.[1] : undefined
    const term: Term = {
      key: (key ?? 'any') as Key,
      value,
      ...(minus === '-' && { not: true }),
      ...(unknownKey !== undefined && { unknownKey }),
    }
    const fault = faultOf(term)
    return value === '' ? [] : [{ ...term, ...(fault !== undefined && { fault }) }]
  })
  return terms.map((word, at) =>
    once.includes(word.key) && terms.slice(at + 1).some(({ key }) => key === word.key) ? { ...word, fault: 'given once' } : word,
  )
}

export const isFaulty = (terms: readonly Term[]): boolean => terms.some(({ fault }) => fault !== undefined)

/** The words of a search. Throws `bad_request` above the longest search. */
export const parse = (text: string): Term[] => {
  if (text.length > longestSearch) throw faultIn('query', ['q'], `a search holds at most ${longestSearch} characters.`)
  const terms = termsOf(text)
  if (terms.length > most) throw faultIn('query', ['q'], `a search holds at most ${most} words.`)
  return terms
}

/** True for a search worth keeping: it has words, and the page understands each. */
export const isUnderstood = (text: string): boolean => {
  if (text.length > longestSearch) return false
  const terms = termsOf(text)
  return terms.length > 0 && terms.length <= most && !isFaulty(terms)
}

const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`

const wordOf = ({ key, value, not }: Term): string => {
  const plain = !/\s|^"/.test(value)
  if (key === 'any') return plain && !/^-?[a-z]+:/.test(value) ? value : quoted(value)
  return `${not ? '-' : ''}${key}:${plain ? value : quoted(value)}`
}

export const textOf = (terms: readonly Term[]): string => terms.map(wordOf).join(' ')

/** Address of the timeline with this search. */
export const searchFor = (root: string, ...terms: readonly Term[]): string => `${root}?q=${encodeURIComponent(textOf(terms))}`

/** Words of one key are alternatives; each that must not fit stands by itself, and so does each
 * pasted word. Throws `bad_request` for a word that is not understood. */
export const filterOf = (terms: readonly Term[], now = Date.now()): Pick<Filter, 'conditions' | 'from' | 'to'> => {
  const faulty = terms.find(({ fault }) => fault !== undefined)
  if (faulty) throw faultIn('query', ['q'], `${wordOf(faulty)} must be ${faulty.fault}.`)
  const conditions: Condition[] = []
  const times: { from?: Date; to?: Date } = {}
  const zone = terms.find(({ key }) => key === 'zone')?.value
  for (const term of terms) {
    const { key, value, not } = term
    if (key === 'zone') continue
    if (key === 'from' || key === 'to') {
      times[key] = timeOf(value, key === 'to', now, zone)!
      continue
    }
    const values = valuesOf(term).map((item) => (key === 'action' ? fullName(item) : item))
    const at = not || key === 'any' ? -1 : conditions.findIndex((other) => other.field === key && !other.not)
    if (at < 0) conditions.push({ field: key, values, not })
    else conditions[at] = { field: key, values: [...conditions[at]!.values, ...values] }
  }
  return { ...(conditions.length > 0 && { conditions }), ...times }
}
