/** The person in the claims of an identity provider; settings say which claim means what. */
import type { ClaimRules, ProviderRole } from '../../config/providers.ts'
import { faultOfName, hiddenIn, isTooLong } from '../contract/ids.ts'
import { Problem, problems } from '../contract/problems.ts'
import { isBlank, withoutFormatting } from '../contract/text.ts'
import { parseExact } from '../platform/exact-json.ts'
import type { Assertion } from '../session/resolve-user.ts'
import { absenceOf, isStaffRole } from '../session/roles.ts'
import { type Claims, claimAt, isAbsent, isElsewhere, wordsOf } from './claim-values.ts'
import { clockToleranceSeconds } from './clock.ts'

export interface AbsentClaim {
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

/** The claims of a proved JWT as they were signed: numbers are not rounded, bytes that are not
 * UTF-8 are refused. */
export const claimsOf = (jwt: string): Claims => partOf(jwt, 1)

/** The header of the JWT. */
export const typeOf = (jwt: string): unknown => partOf(jwt, 0)['typ']

/** A name is text or an exact whole number (1e3 is 1000): rounded ones could give two people one
 * name. */
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

/** The last sign-in in seconds of the provider's clock; 0 if absent or later than the token
 * (milliseconds). */
export const authTimeIn = ({ auth_time: said, iat }: Claims): number =>
  typeof said === 'number' && typeof iat === 'number' && said > 0 && said <= iat + clockToleranceSeconds ? Math.floor(said) : 0

export interface ProviderAssertion extends Pick<Assertion, 'appId' | 'userId' | 'actor' | 'roles' | 'authTime'> {
  /** The name of the claim for roles, if the provider did not send it. */
  readonly absentRoles?: string | undefined
}

/** The person in the claims. `prefixes` of all issuers keep apart the userIds of two issuers,
 * whatever their claims hold. */
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

/** The part of a person for this origin: with a staff origin, staff roles count there only, others
 * elsewhere. */
export const forStaffOrigin = (person: ProviderAssertion, staffSide: boolean | undefined): ProviderAssertion => {
  if (staffSide === undefined) return person
  const roles = person.roles.filter((role) => isStaffRole(role) === staffSide)
  if (roles.length === 0)
    throw staffSide
      ? forbidden('Only staff sign in here.', person.absentRoles)
      : forbidden('Staff sign in at their own address.', undefined)
  return roles.includes('user') ? { ...person, roles } : { ...person, roles, userId: undefined }
}
