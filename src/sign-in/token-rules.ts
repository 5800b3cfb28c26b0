/** Rules for tokens of providers: the types by use, of which no kind passes for another (RFC 8725,
 * section 3.11), and the clocks. */
import type { LogoutTokenType } from '../../config/providers.ts'

/** Tolerance between a provider's clock and ours, for every kind of token. */
export const clockToleranceSeconds = 30

/** A fault of a token, in words for operators. */
export class TokenFault extends Error {}

type Type = string | undefined
const untyped = undefined

/** Tokens that identify a person: ID tokens and access tokens. */
const subject: readonly Type[] = [untyped, 'jwt', 'at+jwt']
const logout: Record<LogoutTokenType, readonly Type[]> = {
  required: ['logout+jwt'],
  optional: ['logout+jwt', 'jwt', untyped],
}

/** Case and the prefix `application/` do not matter (RFC 7515, section 4.1.9). */
const requireType = (allowed: readonly Type[], typ: unknown, remedy = ''): void => {
  const type =
    typ === undefined
      ? untyped
      : String(typ)
          .toLowerCase()
          .replace(/^application\//, '')
  if (!allowed.includes(type))
    throw new TokenFault(
      `the token has ${type === undefined ? 'no type' : `the type ${type}`}; it must have ${allowed.filter(Boolean).join(' or ')}${remedy}`,
    )
}

export const requireSubjectToken = (typ: unknown): void => requireType(subject, typ)

const remedy = '; for a provider that says no other, set OIDC_LOGOUT_TOKEN_TYPE (logoutTokenType in OIDC_PROVIDERS_FILE) to optional'

export const requireLogoutToken = (typ: unknown, rule: LogoutTokenType): void =>
  requireType(logout[rule], typ, rule === 'required' ? remedy : '')
