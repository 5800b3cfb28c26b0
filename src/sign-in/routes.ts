/** The routes below `/auth`: sign-in with a browser and without, refresh, own sessions, logout. */

import type { RequestHandler, Router } from 'express'
import type { Settings } from '../../config/load.ts'
import type { Provider } from '../../config/providers.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { routes } from '../http/endpoint.ts'
import type { Attempt } from '../http/rate-limit.ts'
import type { Origins } from '../http/request/origins.ts'
import type { Alarm } from '../platform/alarms.ts'
import type { Log } from '../platform/log/logger.ts'
import type { People } from '../session/people.ts'
import { createProviderSessions } from '../session/provider-sessions.ts'
import { createRefresh } from '../session/refresh.ts'
import type { ResolveUser } from '../session/resolve-user.ts'
import type { Acts } from '../session/routes/acts.ts'
import { type CurrentParts, createCurrent } from '../session/routes/current.ts'
import { currentEndpoints } from '../session/routes/endpoints.ts'
import { ownSessionsRoutes } from '../session/routes/mine.ts'
import type { Sessions } from '../session/sessions.ts'
import type { SessionStore } from '../session/store/session-store.ts'
import { backchannelLogoutRoutes } from './backchannel-logout.ts'
import { exchangeEndpoints } from './endpoints.ts'
import { createExchange } from './exchange.ts'
import { createIssuerTokens } from './issuer-tokens.ts'
import { signInRoutes } from './login.ts'
import { logoutRoutes } from './logout.ts'
import { createMissingClaims } from './missing-claims.ts'
import { createDiscovery, type Discovery } from './provider/discovery.ts'
import { createRelyingParty } from './provider/openid.ts'
import { createReport } from './provider/problems.ts'
import { createReplayGuard } from './replay.ts'

interface Options {
  readonly settings: Settings
  readonly apps: ReadonlyMap<string, unknown>
  readonly store: SessionStore
  readonly keys: KeyRing
  readonly peppers: KeyRing
  readonly people: People
  readonly sessions: Sessions
  readonly resolveUser: ResolveUser
  readonly acts: Acts
  readonly origins: Origins
  readonly providers: readonly Provider[]
  /** A limit of failures by its name. */
  readonly failures: (name: string) => Attempt
  readonly signIns: RequestHandler
  readonly alarm: Alarm
  readonly log: Pick<Log, 'warn'>
}

export const createAuth = (options: Options): Router[] => {
  const { settings, sessions, people, providers, origins, failures, signIns } = options
  const { BASE_PATH: basePath, SIGNED_OUT_PATH: signedOutPath, CLEAR_SITE_DATA: clearSiteData } = settings
  const discoveries = new Map(providers.map((provider) => [provider, createDiscovery(provider)]))
  const discoveryOf = (provider: Provider): Discovery => discoveries.get(provider)!
  const report = createReport(options.alarm)
  const missingClaims = createMissingClaims(options.log)
  const parties = new Map(
    providers.flatMap((provider) =>
      provider.client
        ? [[provider.id, { provider, party: createRelyingParty(provider, provider.client, discoveryOf(provider), report) }] as const]
        : [],
    ),
  )
  const redirectUri = (origin: string) => `${origin}${basePath}/auth/callback`
  const shared = {
    ...options,
    basePath,
    signedOutPath,
    clearSiteData,
    replay: createReplayGuard(options),
    providerSessions: createProviderSessions(options),
    redirectUri,
    missingClaims,
    parties,
    prefixes: providers.map(({ claims }) => claims.prefix),
  }
  // Callers get the problem that the issuer cannot be asked; operators get the cause.
  const told =
    (provider: Provider): Discovery =>
    () =>
      discoveryOf(provider)().catch(async (error: unknown) => {
        await report(provider.id, error)
        throw error
      })
  const tokens = createIssuerTokens(providers, settings.TRUSTED_TOKEN_MAX_AGE_SECONDS, undefined, told)
  const endSession: CurrentParts['endSession'] = async (provider, origin) =>
    await parties.get(provider)?.party.endSession(`${origin}${signedOutPath}`)
  const current = createCurrent({ sessions, origins, endSession, clearSiteData })
  // An alarm for the reuse of a refresh token.
  const reused = (event: { actor: string; session: string }) => options.alarm('refresh_token_reused', event)
  const families = createRefresh({ ...options, reused })
  const exchange = createExchange({ ...shared, families, tokens, attempt: failures('exchanges') })
  return [
    signInRoutes({ ...shared, attempt: failures('sign-ins') }),
    logoutRoutes(shared),
    backchannelLogoutRoutes({ ...shared, tokens, attempt: failures('logout-tokens') }),
    ownSessionsRoutes(sessions, people, options.acts, origins.cookies),
    // No limit of attempts: an HMAC proves a refresh token before any look-up.
    routes({ ...currentEndpoints, ...exchangeEndpoints }, { ...current, ...exchange, exchange_token: [signIns, exchange.exchange_token] }),
  ]
}
