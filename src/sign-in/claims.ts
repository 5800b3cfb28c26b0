/** Claims of an identity provider: their values by path, in the shapes that providers give them,
 * and the person in them; settings say which claim means what. */
import type { ClaimRules, ProviderRole } from '../../config/providers.ts'
import { faultOfName, hiddenIn, isTooLong } from '../contract/ids.ts'
import { Problem, problems } from '../contract/problems.ts'
import { isBlank, withoutFormatting } from '../contract/text.ts'
import { parseExact } from '../platform/exact-json.ts'
import type { Assertion } from '../session/assertion.ts'
import { absenceOf, isStaffRole } from '../session/roles.ts'
import { clockToleranceSeconds } from './token-rules.ts'

export type Claims = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Claims => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Deeper than any provider nests its claims. */
const maxDepth = 32

/** A claim by its name, else by a path such as `realm_access.roles`; names may hold dots. In a list
 * the path leads into each item. What lies deeper than anybody nests is not there. */
export const claimAt = (at: unknown, path: string, depth = 0): unknown => {
  if (depth > maxDepth) return undefined
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

/** The words of a list, of a text (by commas, else spaces, and the whole), or of a map's keys. */
export const wordsOf = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value
  if (typeof value === 'string') return [value, ...(value.includes(',') ? value.split(',').map((word) => word.trim()) : value.split(/\s+/))]
  if (!isObject(value)) return []
  return Object.keys(value).filter((key) => Boolean(value[key]))
}

export const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === ''

/** Claims completed from a second place, each by its full name: no two objects are mixed. */
export const withMissing = <T extends Claims>(claims: T, more: Claims, names: readonly string[]): T => {
  const missing = names.filter((name) => isAbsent(claimAt(claims, name)) && !isAbsent(claimAt(more, name)))
  return { ...more, ...claims, ...Object.fromEntries(missing.map((name) => [name, claimAt(more, name)])) }
}

/** A distributed claim (OpenID Connect Core, 5.6.2), as Entra sends above 200 groups. */
const isElsewhere = (claims: Claims, path: string): boolean => {
  const names = claims['_claim_names']
  return isObject(names) && [path, path.split('.')[0]!].some((name) => Object.hasOwn(names, name))
}

interface AbsentClaim {
  readonly name: string
  /** The provider says that it is to be fetched from somewhere else. */
  readonly elsewhere: boolean
}

/** Claims that a setting names and that are not there. */
export const absentClaims = ({ userId, roles, app }: ClaimRules, claims: Claims): AbsentClaim[] =>
  [userId, roles, app]
    .filter((name): name is string => name !== undefined && isAbsent(claimAt(claims, name)))
    .map((name) => ({ name, elsewhere: isElsewhere(claims, name) }))

const partOf = (jwt: string, part: 0 | 1): Claims => {
  try {
    return parseExact(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(jwt.split('.')[part] ?? '', 'base64url'))) as Claims
  } catch {
    throw new Problem('sign_in_failed', { detail: 'The claims of the token are not JSON in UTF-8.' })
  }
}

/** The claims of a proved JWT as signed: no number is rounded, and bytes must be UTF-8. */
export const claimsOf = (jwt: string): Claims => partOf(jwt, 1)

/** The header of the JWT. */
export const typeOf = (jwt: string): unknown => partOf(jwt, 0)['typ']

/** A name is text or an exact whole number (1e3 is 1000): a rounded one could be two people's. */
const nameIn = (claims: Claims, claim: string): string | undefined => {
  const value = claimAt(claims, claim)
  if (isAbsent(value)) return undefined
  if (typeof value === 'string' || Number.isSafeInteger(value)) return String(value)
  throw new Problem('sign_in_failed', {
    detail: `The claim ${claim} of the identity provider is neither text nor a whole number up to 2^53 - 1; let it send text.`,
  })
}

const rolesOf = (rules: ClaimRules, claims: Claims): ProviderRole[] => {
  const said = rules.roles === undefined ? undefined : claimAt(claims, rules.roles)
  const known = (word: string): boolean => Object.hasOwn(rules.roleMap, word)
  // `Domain Admins` is no `Admins` where it is a word itself.
  const all = typeof said === 'string' && known(said) ? [said] : wordsOf(said)
  const words = all.filter((word) => typeof word === 'string' || Number.isSafeInteger(word)).map(String)
  const mapped = words.flatMap((word) => (known(word) ? [rules.roleMap[word]!] : []))
  return [...new Set([...rules.defaultRoles, ...mapped])]
}

/** The display name, for lists and the journal; it identifies nobody. */
const nameOf = (claims: Claims): string | undefined => {
  const names = [claims['name'], claims['preferred_username']]
  const name = names.find((value): value is string => typeof value === 'string' && !isBlank(value))
  return name && withoutFormatting(name).slice(0, 256).toWellFormed()
}

/** The last sign-in in seconds of the provider's clock; 0 if absent, or later than the token. */
export const authTimeIn = ({ auth_time: said, iat }: Claims): number =>
  typeof said === 'number' && typeof iat === 'number' && said > 0 && said <= iat + clockToleranceSeconds ? Math.floor(said) : 0

interface ProviderAssertion extends Pick<Assertion, 'appId' | 'userId' | 'actor' | 'roles' | 'authTime'> {
  /** The name of the claim for roles, if the provider did not send it. */
  readonly absentRoles?: string | undefined
}

/** The person in the claims; the issuers' `prefixes` keep their userIds apart. */
export const personOf = (rules: ClaimRules, prefixes: readonly string[], claims: Claims): ProviderAssertion => {
  const refuse = (name: string, fault: string | undefined): void => {
    if (fault) throw new Problem('sign_in_failed', { detail: `The claim ${name} of the identity provider ${fault}.` })
  }
  const prefixed = (name: string): string => {
    const own = nameIn(claims, name)
    if (own === undefined) throw new Problem('sign_in_failed', { detail: 'The identity provider did not say who you are.' })
    const id = `${rules.prefix}${own}`
    refuse(name, hiddenIn(own) ?? faultOfName(id))
    const others = prefixes.some((prefix) => prefix.length > rules.prefix.length && id.startsWith(prefix))
    if (others) throw new Problem('sign_in_failed', { detail: 'Your id at the identity provider belongs to another provider here.' })
    return id
  }
  // Both are kept with the session, also where other claims name the person.
  for (const name of ['sub', 'sid'] as const) {
    const own = claims[name]
    if (typeof own === 'string' && isTooLong(own)) refuse(name, faultOfName(own))
  }
  const roles = rolesOf(rules, claims)
  const absentRoles = rules.roles !== undefined && isAbsent(claimAt(claims, rules.roles)) ? rules.roles : undefined
  if (roles.length === 0) throw forbidden(problems.sign_in_forbidden[1], absentRoles)
  const appId = rules.app === undefined ? rules.appId : (nameIn(claims, rules.app) ?? '')
  const isUser = roles.includes('user')
  const userId = isUser ? prefixed(rules.userId) : undefined
  return { appId, userId, actor: { id: userId ?? prefixed('sub'), name: nameOf(claims) }, roles, authTime: authTimeIn(claims), absentRoles }
}

const forbidden = (sentence: string, absentRoles: string | undefined): Problem =>
  new Problem('sign_in_forbidden', { detail: absentRoles === undefined ? sentence : `${sentence} ${absenceOf(absentRoles)}` })

/** The part of a person for this origin: on a staff origin staff roles count, elsewhere others. */
export const forStaffOrigin = (person: ProviderAssertion, staffSide: boolean | undefined): ProviderAssertion => {
  if (staffSide === undefined) return person
  const roles = person.roles.filter((role) => isStaffRole(role) === staffSide)
  if (roles.length === 0)
    throw staffSide
      ? forbidden('Only staff sign in here.', person.absentRoles)
      : forbidden('Staff sign in at their own address.', undefined)
  return roles.includes('user') ? { ...person, roles } : { ...person, roles, userId: undefined }
}
