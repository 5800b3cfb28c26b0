/** The process of `npm run webhooks`. */
import { loadApps } from '../../config/apps.ts'
import { load } from '../../config/load.ts'
import { errorMessage } from '../platform/error-message.ts'
import { printable, printableLines } from '../platform/printable.ts'
import { watchStandardOutput } from '../platform/process/standard-output.ts'
import { goThroughProxies } from '../upstream/sender.ts'
import { type Say, usage, webhooks } from './cli.ts'

watchStandardOutput(1)
const say: Say = (line) => void process.stdout.write(`${printable(line)}\n`)

const run = async (words: readonly string[]): Promise<void> => {
  if (words.length === 0 || words[0] === 'help' || words.some((word) => word === '--help' || word === '-h')) return say(usage)
  const { settings } = load(process.env)
  if (settings.NODE_USE_ENV_PROXY) goThroughProxies()
  await webhooks(words, settings, loadApps(settings), say)
}

await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${printableLines(errorMessage(error))}\n`)
  process.exitCode = 1
})
