/** JWTs that others signed: the subject token of an exchange, and the logout token. Every check
 * names algorithms, issuer, audience, type, claims and age. */

import { hash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, errors, type JWTHeaderParameters, type JWTPayload } from 'jose'
import { isSameIssuer } from '../../config/issuer.ts'
import type { Provider } from '../../config/providers.ts'
import { Problem } from '../contract/problems.ts'
import { loggable } from '../platform/log/logger.ts'
import { type Claims, claimsOf } from './claims.ts'
import { createIssuers, unreachable } from './issuers.ts'
import { createDiscovery, type Discovery } from './provider/discovery.ts'
import { clockToleranceSeconds, requireLogoutToken, requireSubjectToken, TokenFault } from './token-rules.ts'

/** Maximal age of a logout token; two minutes with the clock tolerance. */
const logoutMaxAgeSeconds = 90
/** May lie between the clocks of two replicas, lest a token that one took is new to the other. */
const replicasApartSeconds = 600
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

export interface Trusted {
  readonly provider: Provider
  readonly payload: Claims & { readonly iss: string; readonly sub: string }
  /** Digest of the signed part: the signature itself can be written in several ways. */
  readonly digest: string
  /** Seconds of the issuer's clock. */
  readonly issuedAt: number
  /** The earliest time of issue, in milliseconds since 1970. */
  readonly issuedMs: number
  /** Longer than any replica takes the token, whatever its clock: so long its use is remembered. */
  readonly rememberMs: number
}

/** Errors of jose about a key set: late, malformed, or absent. */
const keySetFaults: readonly string[] = [errors.JWKSTimeout.code, errors.JWKSInvalid.code, errors.JOSEError.code]

/** Failures of the issuer, not the token: anything thrown while its keys are fetched. */
const isOfIssuer = (error: unknown): boolean =>
  error instanceof errors.JOSEError ? keySetFaults.includes(error.code) : !(error instanceof TokenFault)

/** The claims before any proof, so that only known issuers are asked for keys. */
const claimed = (token: string): JWTPayload => {
  try {
    return token.length <= 16_384 ? decodeJwt(token) : {}
  } catch {
    return {}
  }
}
const headerOf = (token: string): JWTHeaderParameters | undefined => {
  try {
    return decodeProtectedHeader(token) as JWTHeaderParameters
  } catch {
    return undefined
  }
}

export const createIssuerTokens = (
  providers: readonly Provider[],
  maxAgeSeconds: number,
  coolDownMs = 30_000,
  discoveryOf: (provider: Provider) => Discovery = createDiscovery,
) => {
  const issuers = createIssuers(providers, coolDownMs, discoveryOf)
  /** Providers with the issuer that the token claims. */
  const claimedBy = (payload: JWTPayload): Provider[] => providers.filter(({ issuer }) => isSameIssuer(issuer, payload.iss))
  /** The provider with the audience of the token. Throws a TokenFault. */
  const addressee = (payload: JWTPayload, use: string, audienceOf: (provider: Provider) => string | undefined): Provider => {
    const known = claimedBy(payload)
    if (known.length === 0)
      throw new TokenFault(
        payload.iss === undefined
          ? 'the token names no issuer'
          : `no provider is configured with the issuer ${loggable(String(payload.iss))}`,
      )
    const meant = known.filter((provider) => audienceOf(provider) !== undefined)
    if (meant.length === 0) throw new TokenFault(`the provider ${known[0]!.id} is not set up for ${use}`)
    const audiences = [payload.aud].flat()
    const found = meant.find((provider) => audiences.includes(audienceOf(provider)))
    if (!found)
      throw new TokenFault(`the token is for the audience ${loggable(audiences.join(' '))}, not for ${meant.map(audienceOf).join(' or ')}`)
    return found
  }
  /** The problem for an error of a check: the token's fault, or an issuer that cannot be asked. */
  const checked = async <T>(code: 'invalid_grant' | 'invalid_logout_token', check: () => Promise<T>): Promise<T> => {
    try {
      return await check()
    } catch (error) {
      if (error instanceof Problem) throw error
      throw isOfIssuer(error) ? unreachable(error) : new Problem(code, { cause: error })
    }
  }

  return {
    /** Fetches missing keys ahead of the proof, so that others do not wait for a slow issuer.
     * Throws `identity_provider_unavailable`. */
    fetchKeys: async (token: string): Promise<void> => {
      const [provider] = claimedBy(claimed(token))
      if (!provider) return
      await checked('invalid_grant', () => issuers.fetchKey(provider, headerOf(token))).catch((error: Problem) => {
        if (error.status >= 500) throw error
      })
    },

    /** The provider that the token claims, unproved. */
    claimedProvider: (token: string): Provider | undefined => claimedBy(claimed(token))[0],

    /** Throws if a known issuer did not sign it; one of an unknown issuer is refused later. */
    requireSignature: (token: string, code: 'invalid_grant' | 'invalid_logout_token'): Promise<void> =>
      checked(code, async () => {
        const payload = decodeJwt(token)
        const [provider] = claimedBy(payload)
        if (provider) await issuers.verifySignature(provider, token)
      }),

    /** The subject token of an exchange. Throws `invalid_grant`. */
    subject: (token: string): Promise<Trusted> =>
      checked('invalid_grant', async () => {
        const provider = addressee(claimed(token), 'exchange: it has no audience', ({ audience }) => audience)
        const requiredClaims = ['sub', 'iat', 'exp']
        const { payload, protectedHeader } = await issuers.verify(provider, token, provider.audience!, {
          requiredClaims,
          maxTokenAge: maxAgeSeconds,
        })
        requireSubjectToken(protectedHeader.typ)
        if (payload['events'] !== undefined) throw new TokenFault('it has the claim events, as a logout token does')
        if (typeof payload.sub !== 'string' || payload.sub === '')
          throw new Problem('invalid_grant', { detail: 'The claim sub of the token is not text.' })
        const { iss = '', iat = 0, exp = 0 } = payload
        return {
          provider,
          payload: { ...claimsOf(token), iss, sub: payload.sub },
          digest: hash('sha256', token.slice(0, token.lastIndexOf('.')), 'base64url'),
          issuedAt: iat,
          issuedMs: (iat - issuers.aheadOf(provider)) * 1000,
          rememberMs: Math.ceil(Math.min(exp - iat, maxAgeSeconds) + 2 * clockToleranceSeconds + replicasApartSeconds) * 1000,
        }
      }),

    /** OpenID Connect Back-Channel Logout 1.0, section 2.6. Throws `invalid_logout_token`. */
    logout: (token: string) =>
      checked('invalid_logout_token', async () => {
        const provider = addressee(claimed(token), 'signing in: it has no client', ({ client }) => client?.id)
        const requiredClaims = ['iat', 'jti', 'events']
        const { payload, protectedHeader } = await issuers.verify(provider, token, provider.client!.id, {
          requiredClaims,
          maxTokenAge: logoutMaxAgeSeconds,
        })
        requireLogoutToken(protectedHeader.typ, provider.logoutTokenType ?? 'required')
        const { iss, jti, iat, sub, events, sid, nonce } = payload
        if (typeof events !== 'object' || events === null || !Object.hasOwn(events, logoutEvent))
          throw new TokenFault('its claim events names no back-channel logout')
        if (nonce !== undefined) throw new TokenFault('it holds a nonce, as an ID token does')
        const names = [jti, sub, sid].filter((name) => name !== undefined)
        if (names.length < 2) throw new TokenFault('it names neither sub nor sid')
        if (names.some((name) => typeof name !== 'string' || name === '')) throw new TokenFault('jti, sub or sid is not text')
        return {
          issuer: iss!,
          jti: jti!,
          /** Seconds of the issuer's clock. */
          saidAt: Math.floor(iat!),
          ...(sub !== undefined && { sub }),
          ...(sid !== undefined && { sid: sid as string }),
        }
      }),
  }
}

export type IssuerTokens = ReturnType<typeof createIssuerTokens>
