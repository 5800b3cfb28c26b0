/** Times in a search: days, moments, how long ago, and spans of them. */
import { dateOf, endOf, hasOffset } from '../../journal/filter.ts'

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const age = /^(\d{1,4})([mhdw])$/
const day = /^\d{4}-\d\d(?:-\d\d)?$/

/** As it is read: `2026-01-31 09:00` with a T, capitals as in the examples. */
export const plainTime = (text: string): string => {
  const small = text.toLowerCase()
  if (['today', 'yesterday', 'now'].includes(small) || /^\d{1,4}[hdw]$/.test(small)) return small
  return /^\d{4}/.test(text) ? text.toUpperCase().replace(' UTC', 'Z').replace(' ', 'T') : text
}

/** Undefined for a text that tells no time. A day, month or year given as the end is included. */
export const timeOf = (value: string, end: boolean, now: number, zone = 'UTC'): Date | undefined => {
  const ago = age.exec(value)
  if (ago || value === 'now') return new Date(now - (ago ? Number(ago[1]) * units[ago[2]!]! : 0))
  if (value !== 'today' && value !== 'yesterday') return end ? endOf(value, zone) : dateOf(value, zone)
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate()
  const date = `${value === 'today' ? today : today.subtract({ days: 1 })}`
  return end ? endOf(date, zone) : dateOf(date, zone)
}

/** True for a time that differs from zone to zone. */
export const needsZone = (value: string): boolean => value !== 'now' && !age.test(value) && !hasOffset(value)

/** Both ends of `A..B`, of which one may be absent; with `alone` also a single day or month. */
export const spanIn = (text: string, alone: boolean): { readonly from?: string; readonly to?: string } | undefined => {
  const [from = '', to, ...more] = text.split('..').map(plainTime)
  if (more.length > 0) return undefined
  if (to === undefined)
    return alone && (day.test(from) || from === 'today' || from === 'yesterday') && timeOf(from, false, 0) ? { from, to: from } : undefined
  const ends = [from, to].filter((end) => end !== '')
  if (ends.length === 0 || !ends.every((end) => timeOf(end, false, 0))) return undefined
  return { ...(from !== '' && { from }), ...(to !== '' && { to }) }
}
