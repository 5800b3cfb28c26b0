/** Custom properties: flat, 4 KB in all; over-long keys and values are cut off. */
import type { Property } from '../people.ts'
import { badRequest } from '../refusal.ts'
import { objectOf } from './call.ts'

const total = 4096
const maxKeyBytes = 100
const maxValueBytes = 800

/** `stream` leaves out a character that the cut went through. */
const cut = (text: string, bytes: number) => new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true })

const size = (properties: object) => Buffer.byteLength(JSON.stringify(properties))

function checked(key: string, value: unknown): Property | null {
  if (typeof value === 'string') return cut(value, maxValueBytes)
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
  throw badRequest(`properties.${key} must be a string, a number or a boolean`)
}

/** Merged into the former ones; null removes a key. Defined, so that `__proto__` is like others. */
export function withProperties(had: Record<string, Property>, given: unknown, onNull: 'clear' | 'refuse'): Record<string, Property> {
  if (given === undefined) return had
  const now = new Map(Object.entries(had))
  for (const [key, raw] of Object.entries(objectOf(given, 'properties'))) {
    const value = checked(key, raw)
    if (value !== null) now.set(cut(key, maxKeyBytes), value)
    else if (onNull === 'refuse') throw badRequest(`properties.${key} must not be null`)
    else now.delete(cut(key, maxKeyBytes))
  }
  const result = Object.fromEntries(now)
  if (size(result) > total) throw badRequest('properties exceed 4 KB')
  return result
}

/** In a merge, properties of the discarded user that no longer fit are dropped. */
export function mergedProperties(
  surviving: Record<string, Property>,
  discarded: Record<string, Property>,
  clash: 'discarded' | 'surviving',
): Record<string, Property> {
  const now = new Map(Object.entries(surviving))
  for (const [key, value] of Object.entries(discarded)) {
    if (clash === 'surviving' && now.has(key)) continue
    const next = new Map(now).set(key, value)
    if (size(Object.fromEntries(next)) <= total) now.set(key, value)
  }
  return Object.fromEntries(now)
}
