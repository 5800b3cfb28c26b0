/** From an identity provider's claims to the person we know: settings say which claim means what. */
import type { ClaimRules, ProviderRole } from '../../config/providers.ts'
import { hiddenIn } from '../contract/ids.ts'
import { Problem } from '../contract/problems.ts'
import { isBlank, withoutFormatting } from '../contract/text.ts'
import { parseExact } from '../platform/exact-json.ts'
import { isStaffRole } from '../session/lifetimes.ts'
import type { Assertion } from '../session/resolve-user.ts'

export type Claims = Readonly<Record<string, unknown>>

const partOf = (jwt: string, part: 0 | 1): Claims => {
  try {
    return parseExact(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(jwt.split('.')[part] ?? '', 'base64url'))) as Claims
  } catch {
    throw new Problem('sign_in_failed', { detail: 'The claims of the token are not JSON in UTF-8.' })
  }
}

/** The claims of a JWT that was proved, as they were signed: a number that a double would round stays no number, and bytes that are no text are not repaired into some. */
export const claimsOf = (jwt: string): Claims => partOf(jwt, 1)

/** What its header says that it is. */
export const typeOf = (jwt: string): unknown => partOf(jwt, 0)['typ']

/** A claim by its own name (which may hold dots and slashes), else by a path such as `realm_access.roles`. */
const claimOf = (claims: Claims, name: string): unknown => {
  if (Object.hasOwn(claims, name)) return claims[name]
  return name
    .split('.')
    .reduce<unknown>(
      (at, step) => (typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Claims)[step] : undefined),
      claims,
    )
}

/** What names somebody is text, or a whole number that JSON carries exactly (whatever its writing: 1e3 is 1000): another one is rounded, and two people would have one name. */
const nameIn = (claims: Claims, claim: string): string | undefined => {
  const value = claimOf(claims, claim)
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string' || Number.isSafeInteger(value)) return String(value)
  throw new Problem('sign_in_failed', {
    detail: `The claim ${claim} of the identity provider is neither text nor a whole number up to 2^53 - 1; let it send text.`,
  })
}

const words = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : typeof value === 'string' ? value.split(' ') : [])

const rolesOf = (rules: ClaimRules, claims: Claims): ProviderRole[] => {
  const said = rules.roles === undefined ? [] : words(claimOf(claims, rules.roles))
  const mapped = said.flatMap((word) => (typeof word === 'string' && Object.hasOwn(rules.roleMap, word) ? [rules.roleMap[word]!] : []))
  return [...new Set([...rules.defaultRoles, ...mapped])]
}

/** A name for lists and for the journal; nobody is known by it. */
const nameOf = (claims: Claims): string | undefined => {
  const names = [claims['name'], claims['preferred_username']]
  const name = names.find((value): value is string => typeof value === 'string' && !isBlank(value))
  return name && withoutFormatting(name).slice(0, 256)
}

export type ProviderAssertion = Pick<Assertion, 'appId' | 'userId' | 'actor' | 'roles' | 'authTime'>

/**
 * `prefixes` are those of all issuers: with them no two people of two issuers can come to the same userId, whatever their claims hold.
 * A claim of when the person last proved who they are that is missing counts as long ago, so that staff have to step up.
 */
export const personOf = (rules: ClaimRules, prefixes: readonly string[], claims: Claims): ProviderAssertion => {
  const prefixed = (name: string): string => {
    const own = nameIn(claims, name)
    if (own === undefined) throw new Problem('sign_in_failed', { detail: 'The identity provider did not say who you are.' })
    const hidden = hiddenIn(own)
    if (hidden) throw new Problem('sign_in_failed', { detail: `The claim ${name} of the identity provider ${hidden}.` })
    const id = `${rules.prefix}${own}`
    const others = prefixes.some((prefix) => prefix.length > rules.prefix.length && id.startsWith(prefix))
    if (others) throw new Problem('sign_in_failed', { detail: 'Your id at the identity provider belongs to another provider here.' })
    return id
  }
  const roles = rolesOf(rules, claims)
  if (roles.length === 0) throw new Problem('sign_in_forbidden')
  const appId = rules.app === undefined ? rules.appId : (nameIn(claims, rules.app) ?? '')
  const isUser = roles.includes('user')
  const userId = isUser ? prefixed(rules.userId) : undefined
  const authTime = typeof claims['auth_time'] === 'number' ? Math.floor(claims['auth_time']) : 0
  return { appId, userId, actor: { id: userId ?? prefixed('sub'), name: nameOf(claims) }, roles, authTime }
}

/** Where staff have an origin of their own, a person who is both gets there the one part and elsewhere the other. */
export const forStaffOrigin = (person: ProviderAssertion, staffSide: boolean | undefined): ProviderAssertion => {
  if (staffSide === undefined) return person
  const roles = person.roles.filter((role) => isStaffRole(role) === staffSide)
  if (roles.length === 0)
    throw new Problem('sign_in_forbidden', { detail: staffSide ? 'Only staff sign in here.' : 'Staff sign in at their own address.' })
  return roles.includes('user') ? { ...person, roles } : { ...person, roles, userId: undefined }
}
