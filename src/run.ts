/** A run of the process: load the settings, serve or start several workers that serve, leave with an exit code. */
import cluster from 'node:cluster'
import { load, SettingsError } from '../config/load.ts'
import { errorMessage } from './platform/error-message.ts'
import { printableLines } from './platform/printable.ts'
import { runWorkers } from './platform/workers.ts'
import { serve } from './serve.ts'

const say = (line: string): void => void process.stderr.write(`${printableLines(line)}\n`)

try {
  const loaded = load(process.env)
  if (loaded.settings.WORKERS > 1 && cluster.isPrimary) {
    if (!(await runWorkers(loaded.settings.WORKERS, say))) process.exitCode = 1
  } else if (!(await serve(loaded, say))) process.exitCode = 1
  // The channel to the first process would keep a worker alive.
  if (cluster.isWorker) process.disconnect?.()
} catch (error) {
  say(error instanceof SettingsError ? error.message : `smooch-bff could not start: ${errorMessage(error)}`)
  process.exitCode = 1
  if (cluster.isWorker) process.disconnect?.()
}
