/** The process: load the settings, start, drain on a signal, leave with an exit code. */
import { loadApps } from '../config/apps.ts'
import { load, SettingsError } from '../config/load.ts'
import { loadProviders } from '../config/providers.ts'
import { watchSecretFiles } from '../config/secret-files.ts'
import { startApp } from './app.ts'
import { createLog, describeError } from './logger.ts'
import { untilSignal } from './signals.ts'

const drainMs = 25_000

try {
  const { settings, files, warnings } = load(process.env)
  const apps = loadApps(settings)
  const log = createLog(settings.LOG_LEVEL)
  for (const warning of warnings) log.warn({}, warning)
  const app = await startApp({ settings, apps, providers: loadProviders(settings), log })
  const unwatch = watchSecretFiles(
    files,
    (name) => log.info({ setting: name }, 'a secret was replaced'),
    (name, reason) => log.error({ alarm: 'secret_file', setting: name, reason }, 'alarm'),
  )
  log.info({ public: app.publicUrl, private: app.privateUrl, origins: app.origins, apps: apps.map(({ appId }) => appId) }, 'ready')
  process.stderr.write(
    `smooch-bff serves ${app.publicUrl}${settings.BASE_PATH} to ${app.origins.join(', ')}; health and sessions on ${app.privateUrl}\n`,
  )

  const signal = await untilSignal()
  log.info({ signal }, 'draining')
  app.drain()
  // A person at the keyboard does not wait for a load balancer to notice.
  if (signal === 'SIGTERM') await new Promise((resolve) => setTimeout(resolve, settings.DRAIN_DELAY_SECONDS * 1000))
  const cut = await app.close(drainMs)
  unwatch()
  log.info({ cut }, 'stopped')
  log.flush()
} catch (error) {
  const known = error instanceof SettingsError || (error instanceof Error && 'syscall' in error)
  process.stderr.write(known ? `${(error as Error).message}\n` : `smooch-bff could not start: ${JSON.stringify(describeError(error))}\n`)
  process.exitCode = 1
}
