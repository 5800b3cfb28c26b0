/** The one door to openid-client: identity providers as the browser sign-in needs them. */
import { createPrivateKey } from 'node:crypto'
import * as openid from 'openid-client'
import type { Provider, ProviderClient } from '../../config/providers.ts'
import { isLoopback, isSecure } from '../../config/secure-address.ts'
import { Problem } from '../contract/problems.ts'
import { TIMED_OUT, withTimeout } from '../platform/deadline.ts'
import { fetchOnce } from '../upstream/http-client.ts'
import { type Claims, claimsOf } from './claims.ts'
import type { Transaction } from './transaction.ts'

export interface SignedIn {
  readonly claims: Claims & { readonly sub: string; readonly iat: number }
  readonly idToken: string
}

const unreachable = (cause: unknown) => new Problem('identity_provider_unavailable', { cause, headers: { 'Retry-After': '5' } })
const timeoutSeconds = 5

/** Discovery says where else the provider is; a way there that others can read is not trusted either. */
const requireSecure = (config: openid.Configuration): openid.Configuration => {
  const { issuer, ...metadata } = config.serverMetadata()
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'end_session_endpoint'] as const)
    if (metadata[name] !== undefined && !isSecure(metadata[name])) throw new Error(`The ${name} of ${issuer} is not at a secure address`)
  return config
}

/** Secrets are revealed for each call, since they may have been replaced. */
const clientAuth =
  ({ auth, secret, key, keyId }: ProviderClient): openid.ClientAuth =>
  async (...call) => {
    if (auth === 'client_secret_post') return openid.ClientSecretPost(secret!.reveal())(...call)
    if (auth === 'client_secret_basic') return openid.ClientSecretBasic(secret!.reveal())(...call)
    const der = createPrivateKey(key!.reveal())
    const signing = await cryptoKeyOf(der)
    return openid.PrivateKeyJwt(keyId === undefined ? signing : { key: signing, kid: keyId })(...call)
  }

const cryptoKeyOf = (key: ReturnType<typeof createPrivateKey>): Promise<CryptoKey> => {
  const algorithm =
    key.asymmetricKeyType === 'ec'
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : key.asymmetricKeyType === 'ed25519'
        ? { name: 'Ed25519' }
        : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return crypto.subtle.importKey('pkcs8', new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })), algorithm, false, ['sign'])
}

/** Found out once; tried anew after a failure, and after an hour. */
const createDiscovery = ({ issuer }: Provider, client: ProviderClient) => {
  const freshMs = 60 * 60_000
  let known: { config: Promise<openid.Configuration>; at: number } | undefined
  return async (): Promise<openid.Configuration> => {
    if (!known || Date.now() - known.at > freshMs) {
      const config = openid
        .discovery(new URL(issuer), client.id, { id_token_signed_response_alg: client.idTokenAlg }, clientAuth(client), {
          timeout: timeoutSeconds,
          // It says a buffer where the platform's types say a view of one.
          [openid.customFetch]: (url, init) => fetchOnce(url, init as RequestInit),
          execute: [openid.enableNonRepudiationChecks, ...(isLoopback(issuer) ? [openid.allowInsecureRequests] : [])],
        })
        .then(requireSecure)
      const before = known
      known = { config, at: Date.now() }
      // What was known goes on when the provider is away for a moment.
      config.catch(() => {
        known = before && { config: before.config, at: Date.now() - freshMs + 10_000 }
      })
    }
    try {
      return await known.config
    } catch (cause) {
      throw unreachable(cause)
    }
  }
}

export const createRelyingParty = (provider: Provider, client: ProviderClient) => {
  const discover = createDiscovery(provider, client)

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
      const tokens = await openid.authorizationCodeGrant(config, callback, checks).catch((cause: unknown) => {
        throw grantProblem(cause)
      })
      const { sub, iat } = tokens.claims()!
      return { claims: { ...claimsOf(tokens.id_token!), sub, iat }, idToken: tokens.id_token! }
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

const networkFault = ({ code }: openid.ClientError): boolean =>
  code === 'OAUTH_TIMEOUT' || code === 'OAUTH_ABORT' || code === 'OAUTH_RESPONSE_IS_NOT_CONFORM'

const grantProblem = (cause: unknown): Problem => {
  if (cause instanceof openid.AuthorizationResponseError || cause instanceof openid.ResponseBodyError) return refused(cause)
  return cause instanceof openid.ClientError && !networkFault(cause) ? new Problem('sign_in_failed', { cause }) : unreachable(cause)
}

const refused = (cause: openid.AuthorizationResponseError | openid.ResponseBodyError): Problem =>
  cause.error === 'temporarily_unavailable' || cause.error === 'server_error'
    ? unreachable(cause)
    : new Problem('sign_in_failed', { cause, ...(cause.error === 'access_denied' && { detail: 'The sign-in was cancelled.' }) })
