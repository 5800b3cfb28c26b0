/** The journal of this process: its settings, where checkpoints go, how the vendor is read. */
import cluster from 'node:cluster'
import type { App, UpstreamApp } from '../../config/apps.ts'
import type { Settings } from '../../config/load.ts'
import type { Provider } from '../../config/providers.ts'
import { redisSource } from '../../config/redis-source.ts'
import { secretsInUse } from '../../config/secrets-in-use.ts'
import { operations } from '../contract/operations.ts'
import { isUserNotFound } from '../contract/problems.ts'
import type { Identified } from '../contract/schemas.ts'
import { anchorOn } from '../journal/log/anchor.ts'
import type { AppUserSeen, Observation } from '../journal/reconcile/verdicts.ts'
import { startJournal } from '../journal/start.ts'
import { keyList, locationOf, type Secrets } from '../journal/store/open.ts'
import type { Alarm } from '../platform/alarms.ts'
import { describeError, type Log } from '../platform/log/logger.ts'
import type { Metrics } from '../platform/metrics/metrics.ts'
import { connectRedis } from '../platform/redis/client.ts'
import { redisLog } from '../platform/redis/connection.ts'
import { outsideRequests } from '../platform/tracing.ts'
import type { Upstream } from '../upstream/client.ts'
import { createSecretChanges } from './watch/secret-changes.ts'

interface GatewayJournalParts {
  readonly settings: Settings
  readonly apps: ReadonlyMap<string, App>
  readonly providers: readonly Provider[]
  readonly upstream: Upstream
  readonly log: Log
  readonly alarm: Alarm
  readonly metrics: Metrics
}

export const openGatewayJournal = async ({ settings, apps, providers, upstream, log, alarm, metrics }: GatewayJournalParts) => {
  await using opened = new AsyncDisposableStack()
  const redis =
    settings.REDIS_URL &&
    (await connectRedis(redisSource(settings, settings.REDIS_URL), {}, redisLog(log, 'redis connection of the journal'), {
      observe: metrics.redis('journal'),
    }))
  opened.defer(() => redis?.close())
  let compare = (): Promise<void> => Promise.resolve()
  const running = await startJournal({
    url: settings.JOURNAL_URL.reveal(),
    secrets: secretsOf(settings),
    anchor: redis && anchorOn(redis, locationOf(settings.JOURNAL_URL.reveal(), settings.APPS_FILE ?? settings.SMOOCH_APP_ID)),
    onCheckpoint: (note) => outsideRequests(() => log.info({ checkpoint: note }, 'journal checkpoint')),
    onGate: ({ open, cause, since }) => {
      if (open) void compare()
      outsideRequests(() => (open ? log.info({ open }, 'journal gate') : alarm('journal_gate', { open, cause, since })))
    },
    onLost: ({ count, waiting }) => {
      metrics.lost(count)
      outsideRequests(() => alarm('journal_events_lost', { count, waiting }))
    },
    onThreadEnd: (thread, cause) => outsideRequests(() => alarm('journal_thread', { thread, cause })),
    read: async (tenant, id) => {
      const app = apps.get(tenant)
      if (!app) throw new Error('the app is not served here any more')
      return await observe(upstream, app, id)
    },
  })
  opened.defer(() => running.close())
  const all = opened.move()
  const { journal } = running
  metrics.journal(() => ({ ...journal.status(), openOperations: running.openOperations() }))
  const inUse = () => secretsInUse(settings, [...apps.values()], providers)
  const changes = createSecretChanges(journal, inUse, (setting) => log.info({ setting }, 'a secret is another than at the start before'))
  // Of several workers one compares; the others have the same.
  if ((cluster.worker?.id ?? 1) === 1) {
    compare = () =>
      changes.compare().catch((error: unknown) => log.warn({ cause: describeError(error) }, 'the secrets in use could not be compared'))
    void compare()
  }
  return {
    ...running,
    /** A secret of this name was replaced while the process ran. */
    secretReplaced: changes.replaced,
    close: () => all.disposeAsync(),
  }
}

export const secretsOf = (settings: Settings): Secrets => ({
  ...(settings.JOURNAL_SIGNING_KEY && { signing: keyList(settings.JOURNAL_SIGNING_KEY.reveal()) }),
  ...(settings.JOURNAL_SEALING_KEY && { sealing: keyList(settings.JOURNAL_SEALING_KEY.reveal()) }),
})

/** A user as the reconciler sees it, past every cache; anything but an answer is no evidence. */
const observe = async (upstream: Upstream, app: UpstreamApp, id: string): Promise<Observation> => {
  try {
    const { status, body } = await upstream.call(app, { operation: operations.get_app_user, params: { userId: id } })
    return { status, appUser: (body as Identified).appUser as AppUserSeen }
  } catch (error) {
    if (isUserNotFound(error)) return { status: 404 }
    throw error
  }
}
