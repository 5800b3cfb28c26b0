/** Where a claim stands and what it says, in the shapes that providers give them. */

export type Claims = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Claims => typeof value === 'object' && value !== null && !Array.isArray(value)

/** By its own name, which may hold dots and slashes, else by a path such as `realm_access.roles`, whose steps may hold dots as well. Through a list the path leads into each of its items. */
export const claimAt = (at: unknown, path: string): unknown => {
  if (Array.isArray(at)) {
    const found = at.flatMap((item) => claimAt(item, path) ?? [])
    return found.length === 0 ? undefined : found
  }
  if (!isObject(at)) return undefined
  if (Object.hasOwn(at, path)) return at[path]
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const step = path.slice(0, dot)
    const found = Object.hasOwn(at, step) ? claimAt(at[step], path.slice(dot + 1)) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** A list, words with commas or else spaces between them (or one word that holds some), or the keys of a map, as Zitadel has it. */
export const wordsOf = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value
  if (typeof value === 'string') return [value, ...(value.includes(',') ? value.split(',').map((word) => word.trim()) : value.split(/\s+/))]
  if (!isObject(value)) return []
  return Object.keys(value).filter((key) => Boolean(value[key]))
}

export const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === ''

/** With what is missing in one place taken from the other, under its full name: two objects are not mixed. */
export const withMissing = <T extends Claims>(claims: T, more: Claims, names: readonly string[]): T => {
  const missing = names.filter((name) => isAbsent(claimAt(claims, name)) && !isAbsent(claimAt(more, name)))
  return { ...more, ...claims, ...Object.fromEntries(missing.map((name) => [name, claimAt(more, name)])) }
}

/** Named in the token, to be fetched elsewhere (OpenID Connect Core, section 5.6.2): so does Entra with more than 200 groups. */
export const isElsewhere = (claims: Claims, path: string): boolean => {
  const names = claims['_claim_names']
  return isObject(names) && [path, path.split('.')[0]!].some((name) => Object.hasOwn(names, name))
}
