/** The parts that all routes of a process share, made here alone, each of those before it. */
import type { App } from '../../config/apps.ts'
import type { Settings } from '../../config/load.ts'
import type { Provider } from '../../config/providers.ts'
import { type CacheParts, startCache } from '../cache/start.ts'
import { prefetchOf } from '../cache/store/open.ts'
import type { Operation } from '../contract/operation.ts'
import { keyRing } from '../crypto/key-ring.ts'
import { createActs } from '../gateway/admin-acts.ts'
import { openGatewayJournal } from '../gateway/journal.ts'
import { watchAgreement } from '../gateway/watch/replica-agreement.ts'
import { watchRollback } from '../gateway/watch/session-store-rollback.ts'
import { createOrigins } from '../http/request/origins.ts'
import { createAlarm } from '../platform/alarms.ts'
import type { Log } from '../platform/log/logger.ts'
import { createMetrics } from '../platform/metrics/metrics.ts'
import { createUntilDone } from '../platform/until-done.ts'
import { callLimits } from '../session/lookup.ts'
import { createMint } from '../session/mint.ts'
import { createPeople } from '../session/people.ts'
import { createResolveUser } from '../session/resolve-user.ts'
import { createSessions } from '../session/sessions.ts'
import { openSessionStore } from '../session/store/open.ts'
import { createUpstream } from '../upstream/client.ts'
import { createUpstreamLog } from '../upstream/log.ts'

export interface PartsOptions {
  readonly settings: Settings
  readonly apps: readonly App[]
  /** Issuers trusted for signing in or for exchanging tokens. */
  readonly providers?: readonly Provider[]
  readonly log: Log
  /** Milliseconds for the vendor's answer; by default those of the row. */
  readonly timeLimit?: (row: Operation) => number
  /** Lifetimes of cached users in milliseconds; for tests. */
  readonly cacheTimes?: CacheParts['times']
}

const close = (part: { close(): unknown }): void | Promise<void> => part.close() as void | Promise<void>

/** Those that must be closed are put on the stack, which closes the latest first. */
export const openParts = async (options: PartsOptions, opened: AsyncDisposableStack) => {
  const { settings, providers = [], log, timeLimit, cacheTimes: times } = options
  const metrics = createMetrics(log)
  const alarm = createAlarm(log, metrics.alarm)
  const apps = new Map(options.apps.map((app) => [app.appId, app]))
  for (const appId of apps.keys()) metrics.circuit(appId, false)
  const configured = [...(settings.PUBLIC_ORIGIN ?? []), ...options.apps.flatMap(({ origins }) => origins)]
  const origins = createOrigins(configured, settings.STAFF_ORIGIN, settings.COOKIE_NAME, settings.NODE_ENV !== 'production')

  const keys = keyRing(settings.SESSION_KEYS)
  const peppers = keyRing(settings.SESSION_PEPPERS)
  const store = opened.adopt(await openSessionStore({ settings, log, metrics }, prefetchOf(settings)), close)
  const people = createPeople({ store, peppers })
  const sessions = createSessions({ apps, store, keys, peppers, people, origins, limits: callLimits(settings) })

  const vendor = createUpstream(createUpstreamLog(log, metrics, alarm), { ...(timeLimit && { timeLimit }) })
  metrics.bulkheads(vendor.bulkheads)
  const { appUsers, invalidation, upstream } = opened.adopt(
    await startCache({ settings, peppers, vendor, log, metrics, alarm, times }),
    close,
  )
  // Before the cache: a read behind an answer still writes to it.
  opened.defer(() => vendor.close())
  const resolveUser = createResolveUser({ sessions, people, upstream, apps })
  const mint = createMint({ sessions, people, resolveUser, cookies: origins.cookies })

  const journal = opened.adopt(await openGatewayJournal({ settings, apps, providers, upstream, log, alarm, metrics }), close)
  const acts = createActs(journal.guard)
  if (settings.REDIS_URL) {
    opened.use(watchAgreement({ store, journal: journal.journal, settings, keys, peppers, apps: options.apps, providers, alarm }))
    opened.use(watchRollback({ store, journal: journal.journal, apps, people, alarm }))
  }
  const untilDone = opened.use(createUntilDone())

  // biome-ignore format: a line for each layer
  return { settings, apps, providers, log, metrics, alarm, origins,
    keys, peppers, store, people, sessions,
    appUsers, invalidation, upstream, resolveUser, mint,
    journal, acts, untilDone,
  }
}

export type Parts = Awaited<ReturnType<typeof openParts>>
