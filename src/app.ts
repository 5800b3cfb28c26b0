/** The only file that constructs parts: takes settings, listens, and gives back what is running with a close. */
import express, { type Express, type RequestHandler, type Router } from 'express'
import type { App } from '../config/apps.ts'
import type { Settings } from '../config/load.ts'
import { createChanges } from './cache/changes.ts'
import { memoryCache } from './cache/store-memory.ts'
import { cellPeek, redisCache } from './cache/store-redis.ts'
import { createUsers, type UsersParts } from './cache/users.ts'
import { webhookRoutes } from './cache/webhooks.ts'
import { withCallers } from './callers.ts'
import { accessRecord } from './http/access-record.ts'
import { admission } from './http/admission.ts'
import { alive, type Health, ready, startedUp } from './http/health.ts'
import { type Listener, listen } from './http/listener.ts'
import { createOrigins, type Origins } from './http/origins.ts'
import { problemHandler } from './http/problem-handler.ts'
import { requestId } from './http/request-id.ts'
import { securityHeaders } from './http/security-headers.ts'
import { describeError, type Log } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { Operation } from './operation.ts'
import { all } from './operations.ts'
import { createPipeline } from './pipeline.ts'
import { Problem } from './problems.ts'
import { operationRoutes } from './routes.ts'
import { ring } from './session/keys.ts'
import { createMint, type Mint } from './session/mint.ts'
import { authRoutes, mintRoutes, strictRouter } from './session/routes.ts'
import { createSessions, type Sessions } from './session/sessions.ts'
import { memoryStore } from './session/store-memory.ts'
import { redisStore } from './session/store-redis.ts'
import { createUpstream, type UpstreamLog } from './upstream/client.ts'

export interface Extension {
  /** Routes outside the base path. */
  readonly root?: Router
  /** Routes below the base path. */
  readonly below?: Router
}

export interface AppOptions {
  readonly settings: Settings
  readonly apps: readonly App[]
  readonly log: Log
  /** How long the vendor may take, in milliseconds; by default as the row says. */
  readonly timeLimit?: (row: Operation) => number
  /** How long copies of users live, in milliseconds; for tests. */
  readonly cacheTimes?: UsersParts['times']
  /** More routes for the public listener; the demo's page and sign-in come this way. */
  readonly extend?: (parts: { mint: Mint; origins: Origins }) => Extension
}

export interface RunningApp {
  /** Where people and programs reach it on this machine. */
  readonly publicUrl: string
  readonly privateUrl: string
  readonly origins: readonly string[]
  /** From now on `/readyz` fails and every answer ends its connection, while requests are still served. */
  drain(): void
  /** Finishes what is in flight, at most `graceMs`; tells how many requests were cut. */
  close(graceMs: number): Promise<number>
}

export const startApp = async ({ settings, apps, log, timeLimit, cacheTimes, extend }: AppOptions): Promise<RunningApp> => {
  const metrics = createMetrics()
  const alarm = (what: string, cause: unknown) => {
    metrics.alarm('internal')
    log.error({ alarm: what, cause: describeError(cause) }, 'alarm')
  }
  const origins = createOrigins(configuredOrigins(settings, apps))
  const failed = (error: Error) => log.warn({ cause: describeError(error) }, 'redis connection')
  const cacheUrl = settings.CACHE_REDIS_URL ?? settings.REDIS_URL
  const shared = cacheUrl?.reveal() === settings.REDIS_URL?.reveal()
  const peppers = ring(settings.SESSION_PEPPERS)
  const store = settings.REDIS_URL ? await redisStore(settings.REDIS_URL.reveal(), failed, shared ? cellPeek : undefined) : memoryStore()
  const cache = cacheUrl ? await redisCache(cacheUrl.reveal(), failed) : memoryCache()
  const sessions = createSessions({
    store,
    keys: ring(settings.SESSION_KEYS),
    peppers,
    origins,
    limits: {
      reads: settings.LIMIT_READS,
      writes: settings.LIMIT_WRITES,
      guarded: settings.LIMIT_GUARDED,
      images: settings.LIMIT_IMAGES,
      codes: settings.LIMIT_CODES,
      service: settings.LIMIT_SERVICE,
    },
  })
  const upstreamLog: UpstreamLog = {
    called: ({ operation, status, ms }) => metrics.upstream(operation, status || undefined, ms),
    alarm: (event) => {
      metrics.alarm(event.code)
      log.error({ alarm: event.code, ...event }, 'alarm')
    },
  }
  const vendor = createUpstream(upstreamLog, { ...(timeLimit && { timeLimit }) })
  const changes = createChanges({ store: cache, peppers, strict: shared, alarm })
  const upstream = changes.keepingFresh(vendor)
  const users = createUsers({ store: cache, peppers, alarm, ...(cacheTimes && { times: cacheTimes }) })
  const byId = new Map(apps.map((app) => [app.appId, app]))
  const secure = () => origins.secure()
  const mint = createMint({ sessions, upstream, apps: byId, secure })
  const pipeline = createPipeline({
    sessions,
    upstream,
    users,
    apps: byId,
    peppers,
    selfProperties: settings.SELF_PROPERTIES,
    autoCreate: settings.AUTO_CREATE,
    alarm,
  })
  const extension = extend?.({ mint, origins }) ?? {}
  const health: Health = { started: false, draining: false }

  const publicApp = expressApp([
    ...httpWide(log, metrics, origins.secure()),
    admission({
      hosts: origins.hosts,
      cookieName: sessions.cookieName,
      trustedProxies: settings.TRUSTED_PROXIES,
      onUntrustedForward: () =>
        log.warn(
          {},
          'X-Forwarded headers come from an address outside TRUSTED_PROXIES and are ignored; if that is your proxy, name it there',
        ),
    }),
  ])
  publicApp.use(
    settings.BASE_PATH || '/',
    operationRoutes(withCallers(all, settings.OPERATION_CALLERS), pipeline),
    authRoutes(sessions, secure),
    webhookRoutes(byId, changes),
  )
  if (extension.below) publicApp.use(settings.BASE_PATH || '/', extension.below)
  if (extension.root) publicApp.use(extension.root)
  closeWith(publicApp)

  const privateApp = expressApp([...httpWide(log, metrics, false), admission()])
  privateApp.use(mintRoutes(sessions, mint, settings.SERVICE_KEYS), healthRoutes(health, sessions, metrics))
  closeWith(privateApp)

  const listeners = await listenAll([
    () => listen(publicApp, { port: settings.PORT, host: settings.HOST }),
    () => listen(privateApp, { port: settings.PRIVATE_PORT, host: settings.PRIVATE_HOST }),
  ])
  const [publicListener, privateListener] = listeners as [Listener, Listener]
  const used = configuredOrigins(settings, apps)
  const shown = used.length > 0 ? used : [`http://localhost:${publicListener.address.port}`]
  origins.set(shown)
  health.started = true

  return {
    publicUrl: publicListener.address.url,
    privateUrl: privateListener.address.url,
    origins: shown,
    drain: () => {
      health.draining = true
      publicListener.drain()
    },
    close: async (graceMs) => {
      health.draining = true
      const cut = await publicListener.close(graceMs)
      await privateListener.close(1_000)
      await vendor.close()
      changes.close()
      cache.close()
      sessions.close()
      return cut
    },
  }
}

const configuredOrigins = (settings: Settings, apps: readonly App[]): string[] => [
  ...(settings.PUBLIC_ORIGIN ?? []),
  ...apps.flatMap((app) => app.origins),
]

const expressApp = (middleware: readonly RequestHandler[]): Express => {
  const app = express()
  app.set('case sensitive routing', true)
  app.set('strict routing', true)
  app.set('query parser', 'simple')
  app.disable('etag')
  app.disable('x-powered-by')
  for (const step of middleware) app.use(step)
  return app
}

const httpWide = (log: Log, metrics: Metrics, https: boolean): RequestHandler[] => [
  requestId,
  accessRecord(log, metrics.request),
  securityHeaders({ https }),
]

const closeWith = (app: Express): void => {
  app.use(function nothingHere() {
    throw new Problem('not_found')
  })
  app.use(problemHandler)
}

const healthRoutes = (health: Health, sessions: Sessions, metrics: Metrics): Router =>
  strictRouter()
    .get('/livez', alive)
    .get('/startupz', startedUp(health))
    .get('/readyz', ready(health, sessions.ping))
    .get('/metrics', async (_req, res) => {
      res.type(metrics.contentType).send(await metrics.text())
    })

/** All or none: a second port that is taken must not leave the first one open. */
const listenAll = async (starts: readonly (() => Promise<Listener>)[]): Promise<Listener[]> => {
  const open: Listener[] = []
  try {
    for (const start of starts) open.push(await start())
    return open
  } catch (error) {
    await Promise.all(open.map((listener) => listener.close(0)))
    throw error
  }
}
