/** The service: its routes, made of the parts, on two listeners. */
import type { Express, Router } from 'express'
import { type ConsoleOptions, startConsole } from '../console/start.ts'
import { all } from '../contract/operations.ts'
import type { Problem } from '../contract/problems.ts'
import { docsRoutes, privateDocsRoutes } from '../docs/routes.ts'
import { auditRulesOf } from '../gateway/audit-headers.ts'
import { createIdempotency } from '../gateway/idempotency.ts'
import { createPipeline } from '../gateway/pipeline.ts'
import { operationRoutes } from '../gateway/routes.ts'
import { accessLog } from '../http/access-log.ts'
import { type Health, healthRoutes } from '../http/health.ts'
import { limitAddress, limitFailures } from '../http/rate-limit.ts'
import { admission, untrustedForward } from '../http/request/admission.ts'
import type { Origins } from '../http/request/origins.ts'
import { expressApp, finalHandlers } from '../http/server/express-app.ts'
import { createLoadShedding, type PriorityOf, priorityOf, privatePriorityOf } from '../http/server/load-shedding.ts'
import { type Listener, listen, listenAll } from '../http/server/server.ts'
import { maxConnections } from '../platform/process/open-files.ts'
import { applyCallerOverrides } from '../policy/caller-overrides.ts'
import type { Mint } from '../session/mint.ts'
import { mintRoutes, requireServiceKey } from '../session/routes/mint.ts'
import { personRoutes } from '../session/routes/people.ts'
import { createAddressCounts } from '../session/store/address-counts.ts'
import { loginAddress } from '../sign-in/return-to.ts'
import { createAuth } from '../sign-in/routes.ts'
import { createRemovals } from '../webhooks/removals.ts'
import { webhookRoutes } from '../webhooks/routes.ts'
import { openParts, type Parts, type PartsOptions } from './parts.ts'

interface Extension {
  /** Routes outside the base path. */
  readonly root?: Router
  /** Routes below the base path, before all others there. */
  readonly below?: Router
  /** Where people sign in. */
  readonly signIn?: ConsoleOptions['signIn']
}

export interface AppOptions extends PartsOptions {
  /** Further routes of the public listener: the demo's page and sign-in. */
  readonly extend?: (parts: { mint: Mint; origins: Origins }) => Extension
}

/** The limits of an address, by what it asks for. */
const addressLimits = ({ settings, store, peppers }: Parts) => {
  const counts = createAddressCounts({ store, peppers })
  return {
    failures: (name: string) => limitFailures(counts, `failed-${name}`, settings.LIMIT_FAILURES),
    pages: limitAddress(counts, 'pages', settings.LIMIT_PAGES),
    signIns: limitAddress(counts, 'sign-ins', settings.LIMIT_SIGN_INS),
  }
}

/** Parts of both listeners, and of their routes alone. */
interface RouteParts extends Parts, ReturnType<typeof addressLimits> {
  readonly health: Health
}

const publicApp = (parts: RouteParts, { root, below, signIn }: Extension, consoleRoutes: readonly Router[]): Express => {
  const { settings, sessions, origins, log, failures, pages } = parts
  const { BASE_PATH: basePath } = settings
  const pipeline = createPipeline({
    ...parts,
    guard: parts.journal.guard,
    idempotency: createIdempotency(parts),
    auditRules: auditRulesOf(settings),
    selfProperties: settings.SELF_PROPERTIES,
    selfLinkMessage: settings.SELF_LINK_MESSAGE,
    autoCreate: settings.AUTO_CREATE,
  })
  const rows = applyCallerOverrides(all, settings.OPERATION_CALLERS)
  const app = expressApp(origins.cookies.secure, [
    accessLog(log, parts.metrics),
    admission({
      origins,
      ownCookies: origins.cookies,
      callbackPath: `${basePath}/auth/callback`,
      trustedProxies: settings.TRUSTED_PROXIES,
      onUntrustedForward: () => log.warn({}, untrustedForward),
    }),
  ])
  if (below) app.use(basePath || '/', below)
  app.use(
    basePath || '/',
    operationRoutes(rows, pipeline),
    docsRoutes({ basePath, operations: rows, pages, signIn }),
    ...createAuth(parts),
    webhookRoutes({ ...parts, removed: createRemovals(sessions, parts.journal.journal), attempt: failures('webhooks') }),
    ...consoleRoutes,
  )
  if (root) app.use(root)
  finalHandlers(app, `The operations are below ${basePath}/v1.1, and ${basePath}/docs describes them.`)
  return app
}

const privateApp = (parts: RouteParts): Express => {
  const { settings, apps, people, sessions, mint, acts, store, metrics, health } = parts
  const authenticate = requireServiceKey(settings.SERVICE_KEYS, parts.failures('service-keys'))
  const app = expressApp(false, [accessLog(parts.log, metrics), admission()])
  app.use(
    personRoutes(people, apps, authenticate, acts),
    mintRoutes(sessions, mint, authenticate, { apps, acts }),
    healthRoutes(health, store.ping, metrics),
    privateDocsRoutes(),
  )
  finalHandlers(
    app,
    'This is the private listener: /sessions, /livez, /readyz and /metrics; /openapi.json describes them. The operations are on the public one.',
  )
  return app
}

/** Both listeners, bounded each by itself. */
const listenFor = async (parts: RouteParts, opened: AsyncDisposableStack, onPublic: Express, onPrivate: Express) => {
  const { settings, log, metrics } = parts
  const onRefusal = ({ status, code }: Problem, id: string) => {
    metrics.unreadable(status, code)
    log.info({ requestId: id, status, code }, 'a request was refused before its head could be read')
  }
  const shedding = (priority: PriorityOf) => opened.use(createLoadShedding(priority, log, metrics))
  const { PORT, HOST, PRIVATE_PORT: port, PRIVATE_HOST: host } = settings
  return (await listenAll([
    () => listen(onPublic, { port: PORT, host: HOST, onRefusal, loadShedding: shedding(priorityOf), maxConnections: maxConnections() }),
    () => listen(onPrivate, { port, host, onRefusal, loadShedding: shedding(privatePriorityOf) }),
  ])) as [Listener, Listener]
}

export const startApp = async ({ extend, ...options }: AppOptions) => {
  // Closed in reverse order when the start fails: what is open would keep the process alive.
  await using opened = new AsyncDisposableStack()
  const shared = await openParts(options, opened)
  const { settings, origins, alarm, journal } = shared
  const health: Health = { started: false, draining: false }
  const parts: RouteParts = { ...shared, ...addressLimits(shared), health }
  const login = shared.providers.some(({ client }) => client) ? loginAddress(settings.BASE_PATH) : undefined
  const extension: Extension = { ...(login && { signIn: login }), ...extend?.(shared) }
  const auditConsole = startConsole({ ...parts, signIn: extension.signIn, draining: () => health.draining })
  opened.defer(() => auditConsole.close())
  const [onPublic, onPrivate] = await listenFor(parts, opened, publicApp(parts, extension, auditConsole.routes), privateApp(parts))
  const shown = origins.settle(onPublic.address.port)
  health.started = true

  const running = opened.move()
  return {
    /** The public listener's address on this machine. */
    publicUrl: onPublic.address.url,
    privateUrl: onPrivate.address.url,
    origins: shown,
    /** From now on `/readyz` fails and every answer ends its connection; calls are served, and it
     * tells when the latest came. */
    drain: (): (() => number) => {
      health.draining = true
      return onPublic.drain()
    },
    /** For the journal: a secret of this name was replaced. */
    secretReplaced: journal.secretReplaced,
    alarm,
    /** Events that the journal has given up. */
    lost: (): number => journal.journal.status().dropped,
    /** Waits at most `graceMs` for running requests; resolves to the number that were cut. */
    close: async (graceMs: number): Promise<number> => {
      health.draining = true
      const cut = await onPublic.close(graceMs)
      await onPrivate.close(1_000)
      await running.disposeAsync()
      return cut
    },
  }
}

export type RunningApp = Awaited<ReturnType<typeof startApp>>
