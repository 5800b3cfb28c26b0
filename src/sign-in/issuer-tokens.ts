/** The one door to jose: JWTs that others signed. Every check names algorithms, issuer, audience, type, claims and age. */

import { hash } from 'node:crypto'
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTHeaderParameters,
  type JWTPayload,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose'
import type { Provider } from '../../config/providers.ts'
import { isSecure } from '../../config/secure-address.ts'
import { Problem } from '../contract/problems.ts'
import { fetchOnce, http } from '../upstream/http-client.ts'
import { type Claims, claimsOf } from './claims.ts'

/** Public-key signatures only: with a shared secret whoever checks could sign as well. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const clockToleranceSeconds = 5
const logoutMaxAgeSeconds = 120
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

type Keys = ReturnType<typeof createRemoteJWKSet>

/** The issuer's keys; a kid that is not known is looked for again, but not more often than the cool-down allows. */
const createKeys = (issuer: string, cooldownDuration: number): (() => Promise<Keys>) => {
  const retryMs = 10_000
  let keys: Promise<Keys> | undefined
  let failedAt = 0
  const discover = async (): Promise<Keys> => {
    const where = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const answer = await http(where, { timeout: 3_000 })
    const { issuer: named, jwks_uri: uri } = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown }
    if (named !== issuer || typeof uri !== 'string') throw new Error(`The discovery document of ${issuer} is not its own`)
    if (!isSecure(uri) && isSecure(issuer)) throw new Error(`The keys of ${issuer} are not at a secure address`)
    return createRemoteJWKSet(new URL(uri), {
      cooldownDuration,
      cacheMaxAge: 10 * 60_000,
      timeoutDuration: 3_000,
      [customFetch]: fetchOnce,
    })
  }
  return async () => {
    if (!keys && Date.now() - failedAt < retryMs) throw new Error(`${issuer} could not be reached a moment ago`)
    keys ??= discover().catch((error: unknown) => {
      keys = undefined
      failedAt = Date.now()
      throw error
    })
    return await keys
  }
}

export interface Trusted {
  readonly provider: Provider
  readonly payload: Claims & { readonly sub: string }
  /** Digest of what was signed: the signature itself may be written in several ways. */
  readonly digest: string
  /** As early as it can have been issued, and as late as it can be good for; milliseconds since 1970. */
  readonly issuedMs: number
  readonly expiresMs: number
}

export interface LogoutToken {
  readonly issuer: string
  readonly jti: string
  readonly sub?: string
  readonly sid?: string
}

const unreachable = (cause: unknown) => new Problem('identity_provider_unavailable', { cause, headers: { 'Retry-After': '5' } })

/** What jose says of a key set that it got late, not as one, or not at all. */
const keySetFaults: readonly string[] = [errors.JWKSTimeout.code, errors.JWKSInvalid.code, errors.JOSEError.code]

/** The token is at fault, and not its issuer. */
const isOfToken = (error: unknown): boolean => error instanceof errors.JOSEError && !keySetFaults.includes(error.code)

export const createIssuerTokens = (providers: readonly Provider[], maxAgeSeconds: number, coolDownMs = 30_000) => {
  const keysOf = new Map(providers.map(({ issuer }) => [issuer, createKeys(issuer, coolDownMs)]))

  /** Before anything is proved: whom it claims to be from, so that only known issuers are ever asked for keys. */
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
  const among = (payload: JWTPayload, audienceOf: (provider: Provider) => string | undefined): Provider | undefined => {
    const audiences = [payload.aud].flat()
    return providers.find((provider) => {
      const own = audienceOf(provider)
      return provider.issuer === payload.iss && own !== undefined && audiences.includes(own)
    })
  }
  const verify = async (
    provider: Provider,
    token: string,
    audience: string,
    more: Parameters<typeof jwtVerify>[2],
  ): Promise<JWTVerifyResult> => {
    const keys = await keysOf.get(provider.issuer)!().catch((cause: unknown) => {
      throw unreachable(cause)
    })
    return await jwtVerify(token, keys, { algorithms, issuer: provider.issuer, audience, clockTolerance: clockToleranceSeconds, ...more })
  }

  return {
    /** Fetches the keys that the token needs, unless they are there: an issuer may take its time, for which nobody else's proof is to wait. Throws `identity_provider_unavailable`. */
    fetchKeys: async (token: string): Promise<void> => {
      const keys = keysOf.get(claimed(token).iss ?? '')
      if (!keys) return
      try {
        await (await keys())(headerOf(token))
      } catch (error) {
        if (!isOfToken(error)) throw unreachable(error)
      }
    },

    /** A token that says who somebody is, to be exchanged for a session. Throws `invalid_grant`. */
    subject: async (token: string): Promise<Trusted> => {
      const refused = (cause?: unknown, detail?: string) => new Problem('invalid_grant', { cause, ...(detail && { detail }) })
      const provider = among(claimed(token), ({ audience }) => audience)
      if (!provider) throw refused()
      try {
        const requiredClaims = ['sub', 'iat', 'exp']
        const { payload, protectedHeader } = await verify(provider, token, provider.audience!, {
          requiredClaims,
          maxTokenAge: maxAgeSeconds,
        })
        const typ = protectedHeader.typ?.toLowerCase().replace(/^application\//, '')
        // Of the kinds of JWT that an issuer signs, only these say who is there; a logout token, for one, does not.
        if ((typ !== undefined && typ !== 'jwt' && typ !== 'at+jwt') || payload['events'] !== undefined) throw refused()
        if (typeof payload.sub !== 'string' || payload.sub === '') throw refused(undefined, 'The claim sub of the token is not text.')
        const { iat = 0, exp = 0 } = payload
        return {
          ...{ provider, payload: { ...claimsOf(token), sub: payload.sub } },
          digest: hash('sha256', token.slice(0, token.lastIndexOf('.')), 'base64url'),
          issuedMs: (iat - clockToleranceSeconds) * 1000,
          expiresMs: (Math.min(exp, iat + 86_400) + clockToleranceSeconds) * 1000,
        }
      } catch (error) {
        throw error instanceof Problem ? error : isOfToken(error) ? refused(error) : unreachable(error)
      }
    },

    /** OpenID Connect Back-Channel Logout 1.0, section 2.6. Throws `invalid_logout_token`. */
    logout: async (token: string): Promise<LogoutToken> => {
      const refused = (cause?: unknown) => new Problem('invalid_logout_token', { cause })
      const provider = among(claimed(token), ({ client }) => client?.id)
      if (!provider) throw refused()
      try {
        const requiredClaims = ['iat', 'jti', 'events']
        const { payload } = await verify(provider, token, provider.client!.id, {
          requiredClaims,
          maxTokenAge: logoutMaxAgeSeconds,
          typ: 'logout+jwt',
        })
        const { iss, jti, sub, events, sid, nonce } = payload
        const event = typeof events === 'object' && events !== null && Object.hasOwn(events, logoutEvent)
        const names = [jti, sub, sid].filter((name) => name !== undefined)
        if (!event || nonce !== undefined || names.length < 2 || names.some((name) => typeof name !== 'string' || name === ''))
          throw refused()
        return { issuer: iss!, jti: jti!, ...(sub !== undefined && { sub }), ...(sid !== undefined && { sid: sid as string }) }
      } catch (error) {
        throw error instanceof Problem ? error : isOfToken(error) ? refused(error) : unreachable(error)
      }
    },
  }
}

export type IssuerTokens = ReturnType<typeof createIssuerTokens>
