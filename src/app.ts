/** The only file that constructs parts: takes settings, listens, returns what runs. */
import type { Router } from 'express'
import type { App } from '../config/apps.ts'
import type { Settings } from '../config/load.ts'
import type { Provider } from '../config/providers.ts'
import { createAppUsers } from './cache/app-users.ts'
import { createEntries, type EntriesParts } from './cache/entry.ts'
import { createInvalidation } from './cache/invalidation.ts'
import { openCacheStore, prefetchOf, sharedWithSessions } from './cache/store/open.ts'
import { type ConsoleOptions, startConsole } from './console/start.ts'
import type { Operation } from './contract/operation.ts'
import { all, operations } from './contract/operations.ts'
import type { Problem } from './contract/problems.ts'
import { keyRing } from './crypto/key-ring.ts'
import { docsRoutes, privateDocsRoutes } from './docs/routes.ts'
import { createActs } from './gateway/admin-acts.ts'
import { auditRulesOf } from './gateway/call.ts'
import { createIdempotency } from './gateway/idempotency.ts'
import { openGatewayJournal } from './gateway/journal.ts'
import { createPipeline } from './gateway/pipeline.ts'
import { operationRoutes } from './gateway/routes.ts'
import { watchAgreement } from './gateway/watch/replica-agreement.ts'
import { watchRollback } from './gateway/watch/session-store-rollback.ts'
import { accessLog } from './http/access-log.ts'
import { type Health, healthRoutes } from './http/health.ts'
import { limitAddress, limitFailures } from './http/rate-limit.ts'
import { admission, untrustedForward } from './http/request/admission.ts'
import { createOrigins, type Origins } from './http/request/origins.ts'
import { expressApp, finalHandlers } from './http/server/express-app.ts'
import { createLoadShedding, type PriorityOf, priorityOf, privatePriorityOf } from './http/server/load-shedding.ts'
import { type Listener, listen, listenAll } from './http/server/server.ts'
import { type Alarm, createAlarm } from './platform/alarms.ts'
import type { Log } from './platform/log/logger.ts'
import { createMetrics } from './platform/metrics/metrics.ts'
import { mostConnections } from './platform/process/open-files.ts'
import { createUntilDone } from './platform/until-done.ts'
import { applyCallerOverrides } from './policy/caller-overrides.ts'
import { project } from './policy/visible-fields.ts'
import { callLimits } from './session/lookup.ts'
import { createMint, type Mint } from './session/mint.ts'
import { createPeople } from './session/people.ts'
import { createResolveUser } from './session/resolve-user.ts'
import { mintRoutes, requireServiceKey } from './session/routes/mint.ts'
import { personRoutes } from './session/routes/people.ts'
import { createSessions } from './session/sessions.ts'
import { createAddressCounts } from './session/store/address-counts.ts'
import { openSessionStore } from './session/store/open.ts'
import { loginAddress } from './sign-in/return-to.ts'
import { createAuth } from './sign-in/routes.ts'
import { createUpstream } from './upstream/client.ts'
import { createUpstreamLog } from './upstream/log.ts'
import { createRemovals } from './webhooks/removals.ts'
import { webhookRoutes } from './webhooks/routes.ts'

export interface Extension {
  /** Routes outside the base path. */
  readonly root?: Router
  /** Routes below the base path, before all others there. */
  readonly below?: Router
  /** Where people sign in. */
  readonly signIn?: ConsoleOptions['signIn']
}

export interface AppOptions {
  readonly settings: Settings
  readonly apps: readonly App[]
  /** Issuers trusted for signing in or for exchanging tokens. */
  readonly providers?: readonly Provider[]
  readonly log: Log
  /** Milliseconds for the vendor's answer; by default those of the row. */
  readonly timeLimit?: (row: Operation) => number
  /** Lifetimes of cached users in milliseconds; for tests. */
  readonly cacheTimes?: EntriesParts['times']
  /** Further routes of the public listener: the demo's page and sign-in. */
  readonly extend?: (parts: { mint: Mint; origins: Origins }) => Extension
}

export interface RunningApp {
  /** The public listener's address on this machine. */
  readonly publicUrl: string
  readonly privateUrl: string
  readonly origins: readonly string[]
  /** From now on `/readyz` fails and every answer ends its connection; calls are served, and it tells when the latest came. */
  drain(): () => number
  /** Waits at most `graceMs` for running requests; resolves to the number that were cut. */
  close(graceMs: number): Promise<number>
  /** For the journal: a secret of this name was replaced. */
  secretReplaced(setting: string): void
  /** Events that the journal has given up. */
  lost(): number
  readonly alarm: Alarm
}

export const startApp = async ({ settings, apps, providers = [], log, timeLimit, cacheTimes, extend }: AppOptions): Promise<RunningApp> => {
  const metrics = createMetrics(log)
  const alarm = createAlarm(log, metrics.alarm)
  for (const { appId } of apps) metrics.circuit(appId, false)
  const { BASE_PATH } = settings
  const configuredOrigins = [...(settings.PUBLIC_ORIGIN ?? []), ...apps.flatMap((app) => app.origins)]
  const origins = createOrigins(configuredOrigins, settings.STAFF_ORIGIN, settings.COOKIE_NAME, settings.NODE_ENV !== 'production')
  // Closed in reverse order when the start fails: what is open would keep the process alive.
  await using opened = new AsyncDisposableStack()
  const store = await openSessionStore({ settings, log, metrics }, prefetchOf(settings))
  opened.defer(() => store.close())
  const cache = await openCacheStore({ settings, log, metrics })
  opened.defer(() => cache.close())
  const keys = keyRing(settings.SESSION_KEYS)
  const peppers = keyRing(settings.SESSION_PEPPERS)
  const people = createPeople({ store, peppers })
  const byId = new Map(apps.map((app) => [app.appId, app]))
  const sessions = createSessions({ apps: byId, store, keys, peppers, people, origins, limits: callLimits(settings) })
  const counts = createAddressCounts({ store, peppers })
  const failures = (name: string) => limitFailures(counts, `failed-${name}`, settings.LIMIT_FAILURES)
  const pages = limitAddress(counts, 'pages', settings.LIMIT_PAGES)
  const vendor = createUpstream(createUpstreamLog(log, metrics, alarm), { ...(timeLimit && { timeLimit }) })
  const entries = createEntries({ peppers, selfViewOf: (user) => project(operations.get_app_user, 'self', user), times: cacheTimes })
  const invalidation = createInvalidation({ store: cache, peppers, entries, strict: sharedWithSessions(settings), alarm })
  opened.defer(() => invalidation.close())
  metrics.bulkheads(vendor.bulkheads)
  const upstream = invalidation.invalidating(vendor)
  const appUsers = createAppUsers({ store: cache, peppers, entries, alarm })
  const resolveUser = createResolveUser({ sessions, people, upstream, apps: byId })
  const mint = createMint({ sessions, people, resolveUser, cookies: origins.cookies })
  const gatewayJournal = await openGatewayJournal({ settings, apps: byId, providers, upstream, log, alarm, metrics })
  opened.defer(() => gatewayJournal.close())
  if (settings.REDIS_URL) {
    const { journal } = gatewayJournal
    opened.use(watchAgreement({ store, journal, settings, keys, peppers, apps, providers, alarm }))
    opened.use(watchRollback({ store, journal, apps: byId, people, alarm }))
  }
  const acts = createActs(gatewayJournal.guard)
  const pipeline = createPipeline({
    guard: gatewayJournal.guard,
    untilDone: opened.use(createUntilDone()),
    idempotency: createIdempotency({ store, peppers }),
    auditRules: auditRulesOf(settings),
    sessions,
    upstream,
    appUsers,
    apps: byId,
    peppers,
    selfProperties: settings.SELF_PROPERTIES,
    selfLinkMessage: settings.SELF_LINK_MESSAGE,
    autoCreate: settings.AUTO_CREATE,
    alarm,
  })
  const login = providers.some(({ client }) => client) ? loginAddress(BASE_PATH) : undefined
  const { signIn = login, ...extension } = extend?.({ mint, origins }) ?? {}
  const health: Health = { started: false, draining: false }
  const draining = () => health.draining
  const auditConsole = startConsole({ settings, store, peppers, sessions, journal: gatewayJournal, log, alarm, signIn, pages, draining })
  opened.defer(() => auditConsole.close())
  // Closed before the cache: a read behind an answer still writes to it.
  opened.defer(() => vendor.close())

  const record = accessLog(log, metrics)
  const publicApp = expressApp(origins.secure(), [
    record,
    admission({
      origins,
      ownCookies: origins.cookies,
      callbackPath: `${BASE_PATH}/auth/callback`,
      trustedProxies: settings.TRUSTED_PROXIES,
      onUntrustedForward: () => log.warn({}, untrustedForward),
    }),
  ])
  const rows = applyCallerOverrides(all, settings.OPERATION_CALLERS)
  if (extension.below) publicApp.use(BASE_PATH || '/', extension.below)
  publicApp.use(
    BASE_PATH || '/',
    operationRoutes(rows, pipeline),
    docsRoutes({ basePath: BASE_PATH, operations: rows, pages, signIn }),
    ...createAuth({
      ...{ apps: byId, store, keys, peppers, people, sessions, resolveUser, acts, origins, providers },
      basePath: BASE_PATH,
      failures,
      signIns: limitAddress(counts, 'sign-ins', settings.LIMIT_SIGN_INS),
      tokenMaxAgeSeconds: settings.TRUSTED_TOKEN_MAX_AGE_SECONDS,
      signedOutPath: settings.SIGNED_OUT_PATH,
      clearSiteData: settings.CLEAR_SITE_DATA,
      log,
      alarm,
    }),
    webhookRoutes({
      apps: byId,
      invalidation,
      removed: createRemovals(sessions, gatewayJournal.journal),
      attempt: failures('webhooks'),
    }),
    auditConsole.routes,
  )
  if (extension.root) publicApp.use(extension.root)
  finalHandlers(publicApp, `The operations are below ${BASE_PATH}/v1.1, and ${BASE_PATH}/docs describes them.`)

  const privateApp = expressApp(false, [record, admission()])
  const authenticate = requireServiceKey(settings.SERVICE_KEYS, failures('service-keys'))
  privateApp.use(
    personRoutes(people, byId, authenticate, acts),
    mintRoutes(sessions, mint, authenticate, { apps: byId, acts }),
    healthRoutes(health, store.ping, metrics),
    privateDocsRoutes(),
  )
  finalHandlers(
    privateApp,
    'This is the private listener: /sessions, /livez, /readyz and /metrics; /openapi.json describes them. The operations are on the public one.',
  )

  const onRefusal = ({ status, code }: Problem, id: string) => {
    metrics.unreadable(status, code)
    log.info({ requestId: id, status, code }, 'a request was refused before its head could be read')
  }
  const shedding = (priority: PriorityOf) => opened.use(createLoadShedding(priority, log, metrics))
  const { PORT, HOST, PRIVATE_PORT: port, PRIVATE_HOST: host } = settings
  const [publicListener, privateListener] = (await listenAll([
    () => listen(publicApp, { port: PORT, host: HOST, onRefusal, loadShedding: shedding(priorityOf), most: mostConnections() }),
    () => listen(privateApp, { port, host, onRefusal, loadShedding: shedding(privatePriorityOf) }),
  ])) as [Listener, Listener]
  const shown = configuredOrigins.length > 0 ? configuredOrigins : [`http://localhost:${publicListener.address.port}`]
  origins.set(shown)
  health.started = true

  const running = opened.move()
  return {
    publicUrl: publicListener.address.url,
    privateUrl: privateListener.address.url,
    origins: shown,
    drain: () => {
      health.draining = true
      return publicListener.drain()
    },
    secretReplaced: gatewayJournal.secretReplaced,
    alarm,
    lost: () => gatewayJournal.journal.status().dropped,
    close: async (graceMs) => {
      health.draining = true
      const cut = await publicListener.close(graceMs)
      await privateListener.close(1_000)
      await running.disposeAsync()
      return cut
    },
  }
}
