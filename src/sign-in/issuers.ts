/** Issuers: their keys, by which their tokens are verified, and how far their clocks are ahead. */
import { compactVerify, createRemoteJWKSet, customFetch, type JWTHeaderParameters, type JWTVerifyResult, jwtVerify } from 'jose'
import type { Provider } from '../../config/providers.ts'
import { Problem } from '../contract/problems.ts'
import { fetchOnce } from '../upstream/http-client.ts'
import type { Discovery } from './provider/discovery.ts'
import { clockToleranceSeconds } from './token-rules.ts'

/** Public-key signatures only: with a shared secret, each party that checks could also sign. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
/** Slack for issuers whose clock is ahead of ours. */
const minAheadSeconds = 5

interface Issuer {
  /** The issuer in its own spelling. */
  readonly name: string
  readonly keys: ReturnType<typeof createRemoteJWKSet>
}

/** An issuer with its keys; an unknown kid is fetched again, at most once per cool-down. */
const createIssuer = (discover: Discovery, cooldownDuration: number): (() => Promise<Issuer>) => {
  let known: { readonly uri: string; readonly issuer: Issuer } | undefined
  return async () => {
    const { issuer: name, jwks_uri: uri } = (await discover()).serverMetadata()
    if (uri === undefined) throw new Error(`${name} has no jwks_uri in its discovery document`)
    if (known?.uri !== uri) {
      const keys = createRemoteJWKSet(new URL(uri), {
        cooldownDuration,
        cacheMaxAge: 10 * 60_000,
        timeoutDuration: 3_000,
        [customFetch]: fetchOnce,
      })
      known = { uri, issuer: { name, keys } }
    }
    return known.issuer
  }
}

export const unreachable = (cause: unknown) => new Problem('identity_provider_unavailable', { cause, headers: { 'Retry-After': '5' } })

export const createIssuers = (providers: readonly Provider[], coolDownMs: number, discoveryOf: (provider: Provider) => Discovery) => {
  const issuers = new Map(providers.map((provider) => [provider, createIssuer(discoveryOf(provider), coolDownMs)]))
  const issuerOf = (provider: Provider): Promise<Issuer> =>
    issuers.get(provider)!().catch((cause: unknown) => {
      throw unreachable(cause)
    })

  /** The least lead of the issuer's clock: a signed time cannot lie in the future. */
  const ahead = new Map<string, number>()
  const aheadOf = ({ issuer }: Provider): number => ahead.get(issuer) ?? minAheadSeconds

  return {
    aheadOf,
    /** Fetches the key that the header names, unless it is there. */
    fetchKey: async (provider: Provider, header: JWTHeaderParameters | undefined): Promise<unknown> =>
      (await issuerOf(provider)).keys(header),
    /** The signature alone. */
    verifySignature: async (provider: Provider, token: string): Promise<unknown> =>
      await compactVerify(token, (await issuerOf(provider)).keys, { algorithms }),
    /** Signature, issuer, audience, times, and what is asked for beside. */
    verify: async (
      provider: Provider,
      token: string,
      audience: string,
      more: Parameters<typeof jwtVerify>[2],
    ): Promise<JWTVerifyResult> => {
      const { name, keys } = await issuerOf(provider)
      const verified = await jwtVerify(token, keys, { algorithms, issuer: name, audience, clockTolerance: clockToleranceSeconds, ...more })
      const { iat = 0 } = verified.payload
      ahead.set(provider.issuer, Math.max(aheadOf(provider), iat - Math.floor(Date.now() / 1000)))
      return verified
    },
  }
}
