/** The filter of a search of operations: one for the read API, the console and the command line. */

import { faultIn } from '../contract/field-faults.ts'
import { actionNames, fullName, shortNames } from './event/actions.ts'
import { openStates, type State } from './event/event.ts'
import type { Filter } from './store/search.ts'

export const filterNames = ['target', 'actor', 'action', 'state', 'ticket', 'from', 'to', 'cursor', 'limit'] as const

export const states: readonly string[] = [...openStates, 'open', 'success', 'failure', 'not_sent', 'applied', 'not_applied', 'denied']

export const actions: readonly string[] = [...shortNames, ...actionNames]

/** True for a time zone that this Node knows, and for an offset such as `+02:00`. Temporal alone
 * takes whole times for a zone, and Intl alone some names of old. */
export const isZone = (text: string): boolean => {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions()
    return timeZone !== '' && Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text).timeZoneId !== ''
  } catch {
    return false
  }
}

/** True for a time that says itself how far it is from UTC. */
export const hasOffset = (text: string): boolean => /(?:Z|[+-]\d{2}:?\d{2})$/.test(text)

/** A year, a month, a day or a time; without an offset by the zone, the earlier of two. */
export const dateOf = (text: string, zone = 'UTC'): Date | undefined => {
  if (!/^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?$/.test(text)) return undefined
  try {
    const at = hasOffset(text)
      ? Temporal.Instant.from(text)
      : Temporal.PlainDateTime.from(text + '-01-01'.slice(Math.max(0, text.length - 4))).toZonedDateTime(zone)
    return new Date(at.epochMilliseconds)
  } catch {
    return undefined
  }
}

export const wholeNumber = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw faultIn('query', [name], 'a whole number.')
  return Number(text)
}

/** After every time of the log: times are compared as texts with a year of four digits. */
const lastTime = new Date('9999-12-31T23:59:59.999Z')

/** The same for an end, which includes a day, a month or a year. */
export const endOf = (text: string, zone?: string): Date | undefined => {
  const first = text.length > 10 ? undefined : dateOf(text)
  if (!first) return dateOf(text, zone)
  const one = text.length === 4 ? { years: 1 } : text.length === 7 ? { months: 1 } : { days: 1 }
  const next = Temporal.PlainDate.from(first.toISOString().slice(0, 10)).add(one)
  return next.year > 9999 ? lastTime : dateOf(next.toString(), zone)
}

const time = (name: string, text: string | undefined, read: (text: string) => Date | undefined = dateOf): Date | undefined => {
  const date = text === undefined ? undefined : read(text)
  if (text !== undefined && !date) throw faultIn('query', [name], 'a date or time such as 2026-01-31 or 2026-01-31T09:00:00Z.')
  return date
}

const oneOf = (name: string, text: string | undefined, known: readonly string[]): string | undefined => {
  if (text !== undefined && !known.includes(text)) throw faultIn('query', [name], `one of ${known.join(', ')}.`)
  return text
}

/** Throws `bad_request` for a value that does not exist; absent words narrow nothing. */
export const filterOf = (words: Readonly<Record<string, string | undefined>>, tenant?: string): Filter => {
  const { target, actor, action, state, ticket, from, to, cursor, limit } = words
  const given = {
    tenant,
    target,
    actor,
    ticket,
    action: oneOf('action', action, actions) && fullName(action!),
    state: oneOf('state', state, states) as State | 'open' | undefined,
    from: time('from', from),
    to: time('to', to, endOf),
    cursor: wholeNumber('cursor', cursor),
    limit: wholeNumber('limit', limit),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
