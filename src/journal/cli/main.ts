/** The process of `npm run journal`: where a command's words come from, and where its answers
 * go. */
import { anchorIn, runCli } from './cli.ts'

const people = process.stdout.isTTY
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
let shown = 0
using opened = new DisposableStack()
process.exitCode = await runCli(
  process.argv.slice(2),
  process.env,
  {
    people,
    write: (text) => {
      process.stdout.write(text)
    },
    progress: (text) => {
      if (!process.stderr.isTTY || (text !== '' && performance.now() - shown < 200)) return
      shown = performance.now()
      process.stderr.write(`\r\u001b[K${text}`)
    },
  },
  stop.signal,
  anchorIn(process.env, opened),
)
