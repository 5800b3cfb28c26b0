/** Standard output of a command. A reader that goes, such as `head`, is no fault. Any other fault,
 * such as a full disk, is said and changes the exit code. */
import { errorMessage } from '../error-message.ts'

/** To be called once, before the first line. `gone`: nobody reads any more. */
export const watchStandardOutput = (failed: number, gone: () => void = () => undefined): void => {
  let told = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    gone()
    if (told || error.code === 'EPIPE') return
    told = true
    process.stderr.write(`standard output takes no more, so the answer is not whole: ${errorMessage(error)}\n`)
    // Whatever the command itself ends with.
    process.once('exit', () => {
      process.exitCode = failed
    })
  })
}
