/** The name that somebody meant who wrote another one: for hints, never for repair. */
import type { z } from 'zod'

const folded = (name: string): string => name.toLowerCase().replace(/[_-]/g, '')

/** One letter more, less, other, or two that changed places. */
const isOneSlip = (a: string, b: string): boolean => {
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  return (left.length <= 1 && right.length <= 1) || (left.length === 2 && left === [...right].reverse().join(''))
}

/** Names shorter than four letters are near to too many. */
const isNear = (given: string, name: string): boolean => {
  const [a, b] = [folded(given), folded(name)]
  return a === b || (b.length > 3 && isOneSlip(a, b))
}

type Schema = z.core.$ZodTypes

/** Names of fields at a place, without those that the document keeps to some callers. */
const namesAt = (schema: Schema, path: readonly PropertyKey[]): string[] => {
  const { def } = schema._zod
  if (def.type === 'optional' || def.type === 'nullable') return namesAt(def.innerType as Schema, path)
  if (def.type === 'array') return namesAt(def.element as Schema, path.slice(1))
  if (def.type === 'union') return def.options.flatMap((option) => namesAt(option as Schema, path))
  if (def.type !== 'object') return []
  const [name, ...rest] = path
  if (name !== undefined) return Object.hasOwn(def.shape, name) ? namesAt(def.shape[String(name)] as Schema, rest) : []
  return Object.entries(def.shape).flatMap(([each, field]) => ((field as z.ZodType).meta()?.['x-callers'] ? [] : [each]))
}

/** Undefined when there is none, or more than one. */
export const nearName = (schema: z.ZodType, path: readonly PropertyKey[], given: string): string | undefined => {
  const near = new Set(namesAt(schema as unknown as Schema, path).filter((name) => isNear(given, name)))
  return near.size === 1 ? [...near][0] : undefined
}
