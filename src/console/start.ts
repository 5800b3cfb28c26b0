/** The start of the console in a serving process: pages, API, counters, alerts, verification. */
import type { RequestHandler } from 'express'
import type { Settings } from '../../config/load.ts'
import { secretsOf } from '../gateway/journal.ts'
import type { RunningJournal } from '../journal/start.ts'
import { keysOf } from '../journal/store/open.ts'
import type { Alarm } from '../platform/alarms.ts'
import type { Log } from '../platform/log/logger.ts'
import type { Sessions } from '../session/sessions.ts'
import { createAlerts, withoutAddresses } from './alerts/alerts.ts'
import { createWebhook } from './alerts/webhook.ts'
import { apiRoutes } from './api/routes.ts'
import { createCounters } from './counters.ts'
import { createIntegrity } from './integrity.ts'
import { consolePages } from './routes/pages.ts'
import type { SignInAddress } from './routes/screen.ts'
import { createSavedViews, type SavedViewsParts } from './saved-views.ts'

export interface ConsoleOptions extends SavedViewsParts {
  readonly settings: Settings
  readonly sessions: Sessions
  readonly journal: RunningJournal
  readonly log: Log
  readonly alarm: Alarm
  /** Address of the sign-in. */
  readonly signIn: SignInAddress | undefined
  /** The limit of calls per address. */
  readonly pages: RequestHandler
  /** True when this process is stopping: streams end, and their readers go to another replica. */
  readonly draining: () => boolean
}

export const startConsole = ({ settings, sessions, journal, log, alarm, signIn, pages, draining, ...stored }: ConsoleOptions) => {
  const { sealer, status } = journal.journal
  const { source: store, during } = journal.readers
  const url = settings.JOURNAL_URL.reveal()
  const anchored = settings.REDIS_URL !== undefined
  const staffOrigin = settings.STAFF_ORIGIN ?? settings.PUBLIC_ORIGIN?.[0]
  const webhook =
    settings.ALERT_WEBHOOK_URL !== undefined && settings.ALERT_WEBHOOK_SECRET
      ? createWebhook({
          url: settings.ALERT_WEBHOOK_URL,
          secret: settings.ALERT_WEBHOOK_SECRET,
          source: settings.PUBLIC_ORIGIN?.[0] ?? 'urn:smooch-bff',
          root: staffOrigin && `${staffOrigin}${settings.BASE_PATH}/ops`,
          onFailure: ({ id }, cause) => alarm('alert_webhook', { alert: id, cause }),
        })
      : undefined
  const alerts = createAlerts({
    status,
    anchored,
    send: (alert) => {
      const { id, time, ...said } = withoutAddresses(alert)
      log.warn({ alert: id, at: time, ...said }, 'audit alert')
      webhook?.send({ id, time, ...said })
    },
  })
  const [calls = 0, minutes = 0] = settings.ALERT_BURST.split('/').map(Number)
  const integrity = createIntegrity({
    url,
    secrets: secretsOf(settings),
    size: () => status().size,
    onCheck: alerts.onCheck,
  })
  const counters = createCounters({
    store,
    burst: { calls, minutes },
    since: status().size,
    onEvent: alerts.onEvent,
    onBurst: alerts.onBurst,
  })
  const savedViews = createSavedViews(stored)
  return {
    routes: [
      apiRoutes({ ...journal, sessions, integrity, keys: keysOf(url, secretsOf(settings)).keys, savedViews, draining }),
      consolePages({
        store,
        sealer,
        status,
        integrity,
        counters,
        alerts,
        savedViews,
        anchored,
        during,
        watch: journal.watch,
        sessions,
        basePath: settings.BASE_PATH,
        ticketUrl: settings.AUDIT_TICKET_URL,
        signIn,
        pages,
      }),
    ],
    close: async (): Promise<void> => {
      alerts.close()
      webhook?.close()
      await Promise.all([integrity.close(), counters.close()])
    },
  }
}
