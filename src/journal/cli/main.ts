/** The process of `npm run journal`: where a command's words come from, where answers go. */
import { watchStandardOutput } from '../../platform/process/standard-output.ts'
import { anchorIn, runCli } from './cli.ts'
import { Stopped } from './command.ts'

const people = process.stdout.isTTY
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort(new Stopped(signal)))
watchStandardOutput(3, () => stop.abort())
/** Time of the line of progress that stands on the terminal; 0: there is none. */
let shown = 0
const progress = (text: string): void => {
  if (!process.stderr.isTTY || (text === '' ? shown === 0 : performance.now() - shown < 200)) return
  shown = text === '' ? 0 : performance.now()
  process.stderr.write(`\r\u001b[K${text}`)
}
using opened = new DisposableStack()
process.exitCode = await runCli(
  process.argv.slice(2),
  process.env,
  {
    people,
    write: (text) => {
      progress('')
      process.stdout.write(text)
    },
    progress,
  },
  stop.signal,
  anchorIn(process.env, opened),
)
