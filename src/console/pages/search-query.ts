/** The language of the search field, as log searches have it: `target:x -state:success from:7d`. A
 * word without a key is whatever people paste: a person, who acted, a ticket, or an id. */

import { faultIn } from '../../contract/field-faults.ts'
import { fullName } from '../../journal/event/actions.ts'
import { actions, isZone, states } from '../../journal/filter.ts'
import type { Condition, Filter } from '../../journal/store/search.ts'
import { addressIn, bare, formsOf, idIn, partsOf } from './pasted.ts'
import { needsZone, plainTime, spanIn, timeOf } from './search-times.ts'

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

const isTime = ({ key }: Pick<Term, 'key'>): boolean => key === 'from' || key === 'to'

/** True when the search names days or times, and leaves open where on earth. */
export const lacksZone = (terms: readonly Term[]): boolean =>
  terms.some((term) => isTime(term) && needsZone(term.value)) && terms.every(({ key }) => key !== 'zone')

/** Words of a list: written as in the table, with blanks or capitals as on the page. */
const listed: readonly Key[] = ['action', 'state', 'reason']

const valuesOf = ({ key, value }: Term): string[] => {
  if (key === 'reason')
    return [...new Set(partsOf(value).flatMap((code) => [code.replaceAll(' ', '_'), code.replaceAll(' ', '_').toLowerCase()]))]
  return listed.includes(key) ? partsOf(value) : formsOf(value)
}

/** Words that come once, and have no opposite. */
const once: readonly Key[] = ['from', 'to', 'zone']

const joining: Readonly<Record<string, string>> = {
  AND: 'left out: words beside each other must all fit',
  OR: 'left out: alternatives have a comma between them, as in action:delete,merge',
  NOT: 'a minus before the word, as in -state:success',
}

const faultOf = (term: Term): string | undefined => {
  const { key, value, not } = term
  if (key !== 'any' && (listed.includes(key) ? partsOf(value).length === 0 : value === '')) return 'followed by a value'
  if (once.includes(key) && not) return 'without a minus'
  if (isTime(term) && !timeOf(value, false, 0)) return 'a date such as 2026-01-31, today, yesterday, or 24h, 7d'
  if (key === 'zone' && !isZone(value)) return 'a time zone such as Europe/Berlin, +02:00 or UTC'
  const known = key === 'action' ? actions : key === 'state' ? states : undefined
  return known === undefined || valuesOf(term).every((item) => known.includes(item)) ? undefined : `one of ${known.join(', ')}`
}

interface Word {
  readonly not: boolean
  readonly key: Key
  readonly value: string
  readonly quoted: boolean
}

// In quotation marks a backslash escapes one, or itself. What stays open ends with the text.
const pattern =
  /(-?)(?:"([a-z]+)": ?|([a-z]+):)?(?:"((?:\\["\\]|\\(?!["\\])|[^"\\])*)(?:"|$)|[“„«]([^“”„«»]*)[”“»]|(\d{4}-\d\d-\d\d \d\d:\d\d\S*(?: UTC)?)|(\S+))/gi

const keyOf = (name: string): Key | undefined => keys.find((key) => key === name.toLowerCase())

/** A value goes on after a comma, or begins after its key and a blank. */
const wordsOf = (text: string): Word[] => {
  const words: Word[] = []
  for (const [, minus, member, name = member ?? '', escaped, quoted, moment, plain = ''] of text.matchAll(pattern)) {
    const alone = plain.endsWith(':') ? keyOf(plain.slice(0, -1)) : undefined
    const key = keyOf(name) ?? alone
    const given = (escaped?.replaceAll(/\\(["\\])/g, '$1') ?? quoted ?? moment ?? (alone ? '' : plain)).trim()
    const value = key === undefined && name !== '' ? `${name}:${given}` : given
    const last = words.at(-1)
    const goesOn = last && !last.quoted && (last.value.endsWith(',') || (last.value === '' && last.key !== 'any'))
    if (goesOn && key === undefined && minus === '') words[words.length - 1] = { ...last, value: last.value + value }
    else
      words.push({
        not: minus === '-',
        key: key ?? 'any',
        value,
        quoted: (key !== undefined || name === '') && (escaped ?? quoted) !== undefined,
      })
  }
  return words
}

const spanTerms = ({ from, to }: NonNullable<ReturnType<typeof spanIn>>): Term[] => [
  ...(from === undefined ? [] : [{ key: 'from' as const, value: from }]),
  ...(to === undefined ? [] : [{ key: 'to' as const, value: to }]),
]

/** A word without a key or quotation marks, as it was pasted. */
const pastedTerms = ({ value, not }: Word, within: boolean): Term[] => {
  const negated = not && { not: true as const }
  const whole: Term = { key: 'any', value, ...negated }
  const joins = joining[value]
  if (joins !== undefined) return [{ ...whole, fault: joins }]
  const id = idIn(value)
  if (id !== undefined) return [{ ...whole, value: id }]
  const { search, name = value.replace(/^mailto:/i, '') } = addressIn(value)
  if (search !== undefined && !within) return termsOf(search, true)
  const span = not ? undefined : (spanIn(value, true) ?? spanIn(bare(value), true))
  if (span) return spanTerms(span)
  if (value.length > 10 && timeOf(plainTime(bare(value)), false, 0)) return [{ ...whole, fault: 'after from: or to:, as in from:24h' }]
  const unknownKey = /^([a-z][\w-]*):(?!\/\/)/i.exec(name)?.[1]
  return [{ ...whole, value: name, ...(unknownKey !== undefined && { unknownKey }) }]
}

const keyedTerms = ({ key, value, not }: Word): Term[] => {
  const span = isTime({ key }) && value.includes('..') ? spanIn(value, false) : undefined
  if (span && !not) return spanTerms(span)
  const small = key === 'action' || key === 'state' ? value.toLowerCase().replaceAll(' ', '_') : value
  const term: Term = { key, value: isTime({ key }) ? plainTime(bare(value)) : small, ...(not && { not }) }
  const fault = faultOf(term)
  return [{ ...term, ...(fault !== undefined && { fault }) }]
}

/** `within` an address that was pasted, in which another one is a name. */
const termsOf = (text: string, within = false): Term[] =>
  wordsOf(text).flatMap((word): Term[] => {
    if (word.key !== 'any') return keyedTerms(word)
    if (word.value === '') return []
    return word.quoted ? [{ key: 'any', value: word.value, ...(word.not && { not: true }) }] : pastedTerms(word, within)
  })

/** Characters: the longest userId in quotation marks, and every other word beside it. */
export const maxSearchLength = 1_500
const maxWords = 20

const count = (terms: readonly Term[]): number =>
  terms.reduce((sum, { key, value }) => sum + (listed.includes(key) ? 1 : Math.max(1, partsOf(value).length)), 0)

const excessOf = (text: string, terms: readonly Term[]): string | undefined =>
  text.length > maxSearchLength
    ? `a search holds at most ${maxSearchLength} characters`
    : count(terms) > maxWords
      ? `a search holds at most ${maxWords} words`
      : undefined

/** What a word is beside others: one too many, given twice, or an end before its beginning. */
const besideOthers = (terms: readonly Term[], now: number): Term[] => {
  const zone = terms.find(({ key, fault }) => key === 'zone' && fault === undefined)?.value
  const [from, to] = (['from', 'to'] as const).map((name) => terms.findLast(({ key, fault }) => key === name && fault === undefined))
  const reversed = from && to && Number(timeOf(from.value, false, now, zone)) >= Number(timeOf(to.value, true, now, zone) ?? Infinity)
  return terms.map((word, at) => {
    if (once.includes(word.key) && terms.slice(at + 1).some(({ key }) => key === word.key)) return { ...word, fault: 'given once' }
    return reversed && word === to ? { ...word, fault: `later than ${wordOf(from)}` } : word
  })
}

/** The words of a search, each with what is wrong with it. */
export const readSearch = (text: string, now = Date.now()): Term[] => {
  const terms =
    text.length > maxSearchLength ? [{ key: 'any' as const, value: text.slice(0, maxSearchLength) }] : besideOthers(termsOf(text), now)
  const excess = excessOf(text, terms)
  return excess === undefined ? terms : terms.with(-1, { ...terms.at(-1)!, fault: `left out: ${excess}` })
}

/** Throws `bad_request` above the longest search. */
export const parse = (text: string): Term[] => {
  const terms = readSearch(text)
  const excess = excessOf(text, terms)
  if (excess !== undefined) throw faultIn('query', ['q'], `${excess}.`)
  return terms
}

export const isFaulty = (terms: readonly Term[]): boolean => terms.some(({ fault }) => fault !== undefined)

/** True for a search worth keeping: it has words, and the page understands each. */
export const isUnderstood = (text: string): boolean => {
  const terms = readSearch(text)
  return terms.length > 0 && !isFaulty(terms)
}

const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`

/** In quotation marks where it would be read as something else without them. */
export const wordOf = (term: Term): string => {
  const written = (word: string): string => `${term.not ? '-' : ''}${term.key === 'any' ? '' : `${term.key}:`}${word}`
  const again = /\s|[,:]$/.test(term.value) ? [] : termsOf(written(term.value))
  const [one] = again
  const same =
    again.length === 1 &&
    (['key', 'value', 'not', 'unknownKey'] as const).every((name) => one?.[name] === term[name]) &&
    (one?.fault === undefined) === (term.fault === undefined)
  return written(same ? term.value : quoted(term.value))
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
