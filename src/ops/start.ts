/** The console of a serving process: its pages, and what works behind them. */
import type { Router } from 'express'
import type { Settings } from '../../config/load.ts'
import type { RunningJournal } from '../journal/start.ts'
import { secretsOf } from '../journalling.ts'
import type { Sessions } from '../session/sessions.ts'
import { createAlerts } from './alerts.ts'
import { createIntegrity } from './integrity.ts'
import { consoleRoutes } from './routes.ts'
import { createTally } from './tally.ts'

export interface ConsoleOptions {
  readonly settings: Settings
  readonly sessions: Sessions
  readonly journalling: RunningJournal
  readonly https: boolean
  /** Where people sign in. */
  readonly signIn: string | undefined
}

export interface RunningConsole {
  readonly routes: Router
  close(): Promise<void>
}

export const startConsole = ({ settings, sessions, journalling, https, signIn }: ConsoleOptions): RunningConsole => {
  const { store, sealer, status } = journalling.journal
  const anchored = settings.REDIS_URL !== undefined
  const alerts = createAlerts({ status, anchored })
  const integrity = createIntegrity({
    url: settings.JOURNAL_URL.reveal(),
    secrets: secretsOf(settings),
    size: () => status().size,
    onCheck: alerts.onCheck,
  })
  const tally = createTally({ store, burst: { calls: 20, minutes: 5 }, onEvent: alerts.onEvent, onBurst: alerts.onBurst })
  return {
    routes: consoleRoutes({
      store,
      sealer,
      status,
      integrity,
      tally,
      alerts,
      anchored,
      sessions,
      basePath: settings.BASE_PATH,
      https,
      ticketUrl: settings.AUDIT_TICKET_URL,
      signIn,
    }),
    close: async () => {
      alerts.close()
      await Promise.all([integrity.close(), tally.close()])
    },
  }
}
