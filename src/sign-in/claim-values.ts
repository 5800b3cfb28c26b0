/** Claims by path, and their values in the shapes that providers give them. */

export type Claims = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Claims => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Deeper than any provider nests its claims. */
const deepest = 32

/** A claim by its name, else by a path such as `realm_access.roles`; names may hold dots. In a list
 * the path leads into each item. What lies deeper than anybody nests is not there. */
export const claimAt = (at: unknown, path: string, depth = 0): unknown => {
  if (depth > deepest) return undefined
  if (Array.isArray(at)) {
    const found = at.flatMap((item) => claimAt(item, path, depth + 1) ?? [])
    return found.length === 0 ? undefined : found
  }
  if (!isObject(at)) return undefined
  if (Object.hasOwn(at, path)) return at[path]
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const step = path.slice(0, dot)
    const found = Object.hasOwn(at, step) ? claimAt(at[step], path.slice(dot + 1), depth + 1) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** The words of a list, of a text (by commas, else by spaces, and the text itself), or of a map's
 * keys (Zitadel). */
export const wordsOf = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value
  if (typeof value === 'string') return [value, ...(value.includes(',') ? value.split(',').map((word) => word.trim()) : value.split(/\s+/))]
  if (!isObject(value)) return []
  return Object.keys(value).filter((key) => Boolean(value[key]))
}

export const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === ''

/** Claims completed from a second place, each under its full name, so that two objects are not
 * mixed. */
export const withMissing = <T extends Claims>(claims: T, more: Claims, names: readonly string[]): T => {
  const missing = names.filter((name) => isAbsent(claimAt(claims, name)) && !isAbsent(claimAt(more, name)))
  return { ...more, ...claims, ...Object.fromEntries(missing.map((name) => [name, claimAt(more, name)])) }
}

/** A distributed claim (OpenID Connect Core, section 5.6.2), as Entra sends with more than 200
 * groups. */
export const isElsewhere = (claims: Claims, path: string): boolean => {
  const names = claims['_claim_names']
  return isObject(names) && [path, path.split('.')[0]!].some((name) => Object.hasOwn(names, name))
}
