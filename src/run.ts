/** A run of the process: load the settings, serve or start several workers that serve, leave with
 * an exit code; or check, and serve nothing. */
import cluster from 'node:cluster'
import { SettingsError } from '../config/load.ts'
import { loadConfiguration } from './check/configuration.ts'
import { errorMessage, withSetting } from './platform/error-message.ts'
import { createStandardError } from './platform/log/targets.ts'
import { printableLines } from './platform/printable.ts'
import { atExit } from './platform/process/signals.ts'
import { runWorkers } from './platform/process/workers.ts'

const errors = createStandardError()
atExit(errors.leave)
const say = (line: string): void => errors.say(printableLines(line))

const usage = `npm start                 serve
npm run check             look at settings, Redis, journal, vendor, identity provider and clocks; exit code 1 with a fault
npm run check -- --json   the same, as lines of JSON`

const start = async (): Promise<number> => {
  const configuration = loadConfiguration(process.env)
  const { WORKERS } = configuration.settings
  if (WORKERS > 1 && cluster.isPrimary) return (await runWorkers(WORKERS, say)) ? 0 : 1
  const { PORT, PRIVATE_PORT, HOST, PRIVATE_HOST } = configuration.settings
  // Not before: the first of several processes serves nothing.
  const { serve } = await import('./service/serve.ts')
  const isSound = await serve(configuration, say).catch((error: unknown) => {
    throw withSetting(error, { PORT, PRIVATE_PORT, HOST, PRIVATE_HOST })
  })
  return isSound ? 0 : 1
}

const check = async (json: boolean): Promise<number> => (await import('./check/cli.ts')).check(json)

const help = (code: number) => async (): Promise<number> => {
  say(usage)
  return code
}

const commands = new Map<string, () => Promise<number>>([
  ['', start],
  ['check', () => check(false)],
  ['check --json', () => check(true)],
  ['help', help(0)],
])

try {
  const words = process.argv
    .slice(2)
    .join(' ')
    .replace(/^--(?=check|help)|^-(?=h$)/, '')
  // What is not known is not taken for nothing: a service would start that nobody asked for.
  process.exitCode = await (commands.get(words === 'h' ? 'help' : words) ?? help(2))()
} catch (error) {
  say(error instanceof SettingsError ? error.message : `smooch-bff could not start: ${errorMessage(error)}`)
  process.exitCode = 1
}
await errors.close()
// The channel to the first process would keep a worker alive.
if (cluster.isWorker) process.disconnect?.()
// What a check still waits for does not hold the process, which has said all that it had to say.
setTimeout(() => process.exit(), 500).unref()
