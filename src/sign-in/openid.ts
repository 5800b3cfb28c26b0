/** The one door to openid-client: identity providers as the browser sign-in needs them. */
import * as openid from 'openid-client'
import type { ProviderClient } from '../../config/providers.ts'
import { Problem } from '../contract/problems.ts'
import { TIMED_OUT, withTimeout } from '../platform/deadline.ts'
import { type Claims, claimsOf, typeOf } from './claims.ts'
import type { Discovery } from './discovery.ts'
import { requireSubjectToken, TokenFault } from './token-types.ts'
import type { Transaction } from './transaction.ts'

export interface SignedIn {
  readonly claims: Claims & { readonly iss: string; readonly sub: string; readonly iat: number }
  readonly idToken: string
}

const unreachable = (cause: unknown) => new Problem('identity_provider_unavailable', { cause, headers: { 'Retry-After': '5' } })

export const createRelyingParty = (client: ProviderClient, discovery: Discovery) => {
  const discover = () =>
    discovery().catch((cause: unknown) => {
      throw unreachable(cause)
    })

  return {
    /** The address at the provider where the person signs in. */
    begin: async (transaction: Transaction, redirectUri: string, maxAge: number | undefined): Promise<URL> =>
      openid.buildAuthorizationUrl(await discover(), {
        redirect_uri: redirectUri,
        scope: client.scope,
        state: transaction.state,
        nonce: transaction.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(transaction.verifier),
        code_challenge_method: 'S256',
        // With max_age the provider must say when the person proved who they are.
        ...(maxAge === undefined ? {} : { prompt: 'login', max_age: String(maxAge) }),
      }),

    /** Trades the code in. Throws `sign_in_failed` for what is wrong with the answer and `identity_provider_unavailable` when there is none. */
    finish: async (transaction: Transaction, callback: URL, maxAge: number | undefined): Promise<SignedIn> => {
      const config = await discover()
      const checks = {
        pkceCodeVerifier: transaction.verifier,
        expectedState: transaction.state,
        expectedNonce: transaction.nonce,
        idTokenExpected: true,
        ...(maxAge === undefined ? {} : { maxAge }),
      }
      const tokens = await grant(config, callback, checks).catch((cause: unknown) => {
        throw grantProblem(cause)
      })
      const { iss, sub, iat } = tokens.claims()!
      return { claims: { ...claimsOf(tokens.id_token!), iss, sub, iat }, idToken: tokens.id_token! }
    },

    /** Where the person signs out at the provider; undefined when it offers none or cannot be asked. */
    endSession: async (back: string, idToken?: string): Promise<string | undefined> => {
      const config = await withTimeout(
        1_000,
        discover().catch(() => undefined),
      )
      if (config === TIMED_OUT || !config?.serverMetadata().end_session_endpoint) return undefined
      const hint = idToken === undefined ? {} : { id_token_hint: idToken }
      return openid.buildEndSessionUrl(config, { post_logout_redirect_uri: back, ...hint }).href
    },
  }
}

export type RelyingParty = ReturnType<typeof createRelyingParty>

const grant: typeof openid.authorizationCodeGrant = async (...asked) => {
  const tokens = await openid.authorizationCodeGrant(...asked)
  requireSubjectToken(typeOf(tokens.id_token!))
  return tokens
}

const networkFault = ({ code }: openid.ClientError): boolean =>
  code === 'OAUTH_TIMEOUT' || code === 'OAUTH_ABORT' || code === 'OAUTH_RESPONSE_IS_NOT_CONFORM'

const grantProblem = (cause: unknown): Problem => {
  if (cause instanceof openid.AuthorizationResponseError || cause instanceof openid.ResponseBodyError) return refused(cause)
  const ofToken = cause instanceof TokenFault || (cause instanceof openid.ClientError && !networkFault(cause))
  return ofToken ? new Problem('sign_in_failed', { cause }) : unreachable(cause)
}

const refused = (cause: openid.AuthorizationResponseError | openid.ResponseBodyError): Problem =>
  cause.error === 'temporarily_unavailable' || cause.error === 'server_error'
    ? unreachable(cause)
    : new Problem('sign_in_failed', { cause, ...(cause.error === 'access_denied' && { detail: 'The sign-in was cancelled.' }) })
