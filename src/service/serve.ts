/** One serving process: start, drain on a signal, stop. */
import { setTimeout as sleep } from 'node:timers/promises'
import { dropsKeyInUse, takesEffect, watchSecretFiles } from '../../config/secret-files.ts'
import type { Configuration } from '../check/configuration.ts'
import { checkAtStart } from '../check/run-checks.ts'
import { createLog } from '../platform/log/logger.ts'
import { atExit, untilSignal } from '../platform/process/signals.ts'
import { growNewSpace } from '../platform/process/v8-flags.ts'
import { parseRedisAddress } from '../platform/redis/address.ts'
import { keyTrial } from '../upstream/probe.ts'
import { goThroughProxies } from '../upstream/sender.ts'
import { startApp } from './app.ts'

const drainMs = 25_000

/** While calls come, the load balancer has not heard: a closed port would leave them unanswered. */
const untilUncalled = async (latestCall: () => number): Promise<void> => {
  const until = performance.now() + 5_000
  while (performance.now() < until && performance.now() - latestCall() < 1_000) await sleep(100)
}

/** Serves until a signal; false when the stop lost something. `started` gets one line. */
export const serve = async (configuration: Configuration, started: (line: string) => void): Promise<boolean> => {
  const { settings, apps, providers, files, warnings } = configuration
  if (settings.NODE_USE_ENV_PROXY) goThroughProxies()
  const log = createLog(settings.LOG_LEVEL)
  atExit(log.leave)
  for (const warning of warnings) log.warn({}, warning)
  const app = await startApp({ settings, apps, providers, log })
  growNewSpace()
  const replaced = (name: string, former: string, text: string): void => {
    log.info({ setting: name, takesEffect: takesEffect(name) }, 'a secret was replaced')
    app.secretReplaced(name)
    if (dropsKeyInUse(name, former, text)) app.alarm('session_key_dropped', { setting: name })
  }
  const unfit = (name: string, reason: string): void => app.alarm('secret_file', { setting: name, reason })
  const unwatch = watchSecretFiles(files, replaced, unfit, keyTrial(apps))
  log.info(
    {
      pid: process.pid,
      public: app.publicUrl,
      private: app.privateUrl,
      origins: app.origins,
      apps: apps.map(({ appId }) => appId),
      providers: providers.map(({ id }) => id),
      ...storesOf(settings),
    },
    'ready',
  )
  // Heard from here on: a reader of the next line may send one at once.
  const signalled = untilSignal()
  started(`smooch-bff serves ${app.publicUrl}${settings.BASE_PATH} to ${app.origins.join(', ')}; health and sessions on ${app.privateUrl}`)

  const stopTelling = checkAtStart(configuration, log)

  const signal = await signalled
  log.info({ signal }, 'draining')
  const latestCall = app.drain()
  // A person at the keyboard does not wait for a load balancer.
  if (signal !== 'SIGINT' && signal !== 'SIGHUP' && settings.DRAIN_DELAY_SECONDS > 0) {
    await sleep(settings.DRAIN_DELAY_SECONDS * 1000)
    await untilUncalled(latestCall)
  }
  const before = app.lost()
  const cut = await app.close(drainMs)
  unwatch()
  const lost = app.lost() - before
  stopTelling()
  log.info({ cut, lost }, 'stopped')
  await log.close()
  return lost === 0
}

/** Where what must last lies, without the addresses, which hold passwords. */
const storesOf = ({ REDIS_URL, CACHE_REDIS_URL, JOURNAL_URL, WORKERS }: Configuration['settings']) => ({
  sessions: REDIS_URL ? parseRedisAddress(REDIS_URL.reveal()).kind : 'in this process',
  cache: CACHE_REDIS_URL ? parseRedisAddress(CACHE_REDIS_URL.reveal()).kind : 'beside the sessions',
  journal: JOURNAL_URL.reveal().startsWith('sqlite:') ? 'sqlite' : 'postgres',
  workers: WORKERS,
})
