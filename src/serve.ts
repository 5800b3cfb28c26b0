/** One serving process: start, drain on a signal, stop. */
import { loadApps } from '../config/apps.ts'
import type { Loaded } from '../config/load.ts'
import { loadProviders } from '../config/providers.ts'
import { takesEffect, watchSecretFiles } from '../config/secret-files.ts'
import { startApp } from './app.ts'
import { createLog } from './platform/logger.ts'
import { atExit, untilSignal } from './platform/signals.ts'

const drainMs = 25_000

/** Serves until a signal comes, and tells whether nothing was lost at the stop; `started` hears one line for people. */
export const serve = async ({ settings, files: ofSettings, warnings }: Loaded, started: (line: string) => void): Promise<boolean> => {
  const files = [...ofSettings]
  const apps = loadApps(settings, files)
  const providers = loadProviders(settings, files)
  const log = createLog(settings.LOG_LEVEL)
  atExit(log.flush)
  for (const warning of warnings) log.warn({}, warning)
  const app = await startApp({ settings, apps, providers, log })
  const unwatch = watchSecretFiles(
    files,
    (name) => log.info({ setting: name, takesEffect: takesEffect(name) }, 'a secret was replaced'),
    (name, reason) => log.error({ alarm: 'secret_file', setting: name, reason }, 'alarm'),
  )
  log.info(
    { pid: process.pid, public: app.publicUrl, private: app.privateUrl, origins: app.origins, apps: apps.map(({ appId }) => appId) },
    'ready',
  )
  started(`smooch-bff serves ${app.publicUrl}${settings.BASE_PATH} to ${app.origins.join(', ')}; health and sessions on ${app.privateUrl}`)

  const signal = await untilSignal()
  log.info({ signal }, 'draining')
  app.drain()
  // A person at the keyboard does not wait for a load balancer to notice.
  if (signal === 'SIGTERM') await new Promise((resolve) => setTimeout(resolve, settings.DRAIN_DELAY_SECONDS * 1000))
  const before = app.lost()
  const cut = await app.close(drainMs)
  unwatch()
  const lost = app.lost() - before
  log.info({ cut, lost }, 'stopped')
  await log.close()
  return lost === 0
}
