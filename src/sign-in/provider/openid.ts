/** The relying party (openid-client): addresses of sign-in and sign-out, exchange of the code. */
import * as openid from 'openid-client'
import type { Provider, ProviderClient } from '../../../config/providers.ts'
import { timedOut, withTimeout } from '../../platform/deadline.ts'
import { stepUpMaxAge } from '../../policy/decide.ts'
import { absentClaims, type Claims, claimAt, claimsOf, isAbsent, typeOf, withMissing } from '../claims.ts'
import { requireSubjectToken } from '../token-rules.ts'
import type { Transaction } from '../transaction.ts'
import type { Discovery } from './discovery.ts'
import type { Report } from './problems.ts'
import { fetchUserinfo } from './userinfo.ts'

export interface SignedIn {
  /** Claims of the ID token, completed from userinfo. */
  readonly claims: Claims & { readonly iss: string; readonly sub: string; readonly iat: number }
  /** For the address of the sign-out; absent when it is too long for any. */
  readonly idToken: string | undefined
}

/** Claims of the name are optional: it is for lists alone. */
const displayNames = ['name', 'preferred_username']
const lacksName = (claims: Claims): boolean => displayNames.every((name) => isAbsent(claimAt(claims, name)))

/** A year, so that nobody has to sign in again; some providers add it to the time in 32 bits. */
const anyAge = 365 * 86_400

/** Longest ID token in an address, which servers limit; without it the provider asks. */
const maxAddress = 2_000

export const createRelyingParty = (provider: Provider, client: ProviderClient, discover: Discovery, report: Report) => {
  const reported = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw await report(provider.id, error)
    }
  }

  /** The claims of the token, completed from userinfo if a wanted one is missing. */
  const withUserinfo = async (
    config: openid.Configuration,
    accessToken: string,
    claims: SignedIn['claims'],
  ): Promise<SignedIn['claims']> => {
    const needed = absentClaims(provider.claims, claims).map(({ name }) => name)
    if (needed.length === 0 && !lacksName(claims)) return claims
    try {
      return withMissing(claims, await fetchUserinfo(config, accessToken, claims.sub), [...needed, ...displayNames])
    } catch (error) {
      const problem = await report(provider.id, error)
      // Lasting failures keep nobody out: operators get an alarm, staff a notice.
      if (needed.length > 0 && problem.code === 'identity_provider_unavailable') throw problem
      return claims
    }
  }

  const claimsIn = async (config: openid.Configuration, tokens: Awaited<ReturnType<typeof openid.authorizationCodeGrant>>) => {
    const idToken = tokens.id_token!
    requireSubjectToken(typeOf(idToken))
    const { iss, sub, iat } = tokens.claims()!
    const claims = await withUserinfo(config, tokens.access_token, { ...claimsOf(idToken), iss, sub, iat })
    return { claims, idToken: idToken.length > maxAddress ? undefined : idToken }
  }

  return {
    /** The address at the provider where the person signs in. */
    begin: (transaction: Transaction, redirectUri: string): Promise<URL> =>
      reported(async () => {
        const config = await discover()
        const request = {
          redirect_uri: redirectUri,
          scope: client.scope,
          state: transaction.state,
          nonce: transaction.nonce,
          code_challenge: await openid.calculatePKCECodeChallenge(transaction.verifier),
          code_challenge_method: 'S256',
          ...((transaction.stepUp || transaction.somebodyElse) && { prompt: 'login' }),
          // Some providers send auth_time only with max_age, which obliges them to.
          max_age: String(transaction.stepUp ? stepUpMaxAge : anyAge),
        }
        const pushed = client.par === true || config.serverMetadata().require_pushed_authorization_requests === true
        return pushed ? await openid.buildAuthorizationUrlWithPAR(config, request) : openid.buildAuthorizationUrl(config, request)
      }),

    /** Exchanges the code. Throws `sign_in_failed` for a wrong answer, else by the cause. */
    finish: (transaction: Transaction, callback: URL): Promise<SignedIn> =>
      reported(async () => {
        const config = await discover()
        const tokens = await openid.authorizationCodeGrant(config, callback, {
          pkceCodeVerifier: transaction.verifier,
          expectedState: transaction.state,
          expectedNonce: transaction.nonce,
          idTokenExpected: true,
        })
        return await claimsIn(config, tokens)
      }),

    /** The address of sign-out at the provider; undefined if it has none or cannot be asked. */
    endSession: async (back: string, idToken?: string): Promise<string | undefined> => {
      const config = await withTimeout(
        1_000,
        discover().catch(() => undefined),
      )
      if (config === timedOut || !config?.serverMetadata().end_session_endpoint) return undefined
      const to = (hint: Record<string, string>): string =>
        openid.buildEndSessionUrl(config, { post_logout_redirect_uri: back, ...hint }).href
      const hinted = idToken === undefined ? undefined : to({ id_token_hint: idToken })
      return hinted === undefined || hinted.length > maxAddress ? to({}) : hinted
    },
  }
}

export type RelyingParty = ReturnType<typeof createRelyingParty>
