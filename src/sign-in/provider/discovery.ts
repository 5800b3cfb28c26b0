/** The metadata of an issuer, for all uses: fetched once, anew after an hour or a failure. */
import * as openid from 'openid-client'
import { isSameIssuer } from '../../../config/issuer.ts'
import type { Provider } from '../../../config/providers.ts'
import { isSecure } from '../../../config/secure-address.ts'
import { fetchOnce } from '../../upstream/http-client.ts'
import { clockToleranceSeconds } from '../token-rules.ts'
import { clientAuth } from './client-auth.ts'
import { ProviderFault } from './faults.ts'

export type Discovery = () => Promise<openid.Configuration>

const timeoutSeconds = 5
const freshMs = 60 * 60_000
const retryMs = 2_000

/** Discovery documents served as plain files are taken too. */
const fetchDocument = async (url: string, init: unknown): Promise<Response> => {
  const { status, ...answer } = await fetchOnce(url, init as RequestInit).then(async (it) => ({ status: it.status, text: await it.text() }))
  return new Response(status === 204 ? null : answer.text, { status, headers: { 'content-type': 'application/json' } })
}

const endpoints = [
  'authorization_endpoint',
  'pushed_authorization_request_endpoint',
  'token_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
  'end_session_endpoint',
] as const

/** Addresses in the discovery document must be secure too. */
const requireSecure = (config: openid.Configuration): void => {
  const { issuer, ...metadata } = config.serverMetadata()
  for (const name of endpoints)
    if (metadata[name] !== undefined && !isSecure(metadata[name]) && isSecure(issuer))
      throw new ProviderFault('operator', `The ${name} of ${issuer} is not at a secure address`)
}

/** The issuer that a discovery document names in place of the one asked for. */
const nameIn = (error: unknown): unknown =>
  error instanceof openid.ClientError ? (error.cause as { body?: { issuer?: unknown } } | undefined)?.body?.issuer : undefined

const discover = async ({ issuer, client, audience }: Provider): Promise<openid.Configuration> => {
  const metadata = {
    ...(client && { id_token_signed_response_alg: client.idTokenAlg }),
    [openid.clockTolerance]: clockToleranceSeconds,
  }
  const plain = new URL(issuer).protocol === 'http:' ? [openid.allowInsecureRequests] : []
  const under = (name: string) =>
    openid.discovery(new URL(name), client?.id ?? audience!, metadata, client && clientAuth(client), {
      timeout: timeoutSeconds,
      [openid.customFetch]: fetchDocument,
      execute: [openid.enableNonRepudiationChecks, ...plain],
    })
  const config = await under(issuer).catch((error: unknown) => {
    const own = nameIn(error)
    // The provider's own spelling of the issuer, as its tokens have it.
    if (isSameIssuer(own, issuer)) return under(own as string)
    throw own === undefined ? error : new ProviderFault('operator', `OIDC_ISSUER is not what the provider calls itself: ${String(own)}`)
  })
  // The library's type is a buffer where the platform's is a view of one.
  config[openid.customFetch] = (url, init) => fetchOnce(url, init as RequestInit)
  requireSecure(config)
  return config
}

export const createDiscovery = (provider: Provider): Discovery => {
  let known: openid.Configuration | undefined
  let last: { readonly answer: Promise<openid.Configuration>; until: number } | undefined
  return async () => {
    if (!last || performance.now() > last.until) {
      const asked = { answer: discover(provider), until: Number.POSITIVE_INFINITY }
      last = asked
      asked.answer.then(
        (config) => {
          known = config
          asked.until = performance.now() + freshMs
        },
        () => {
          asked.until = performance.now() + retryMs
        },
      )
    }
    // Known metadata serve during a new fetch and a short outage.
    return known ?? (await last.answer)
  }
}
