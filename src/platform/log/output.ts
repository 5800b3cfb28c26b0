/** The output of log lines. They wait in memory, bounded, and are dropped and counted when nobody
 * takes them: a log must not stop the service. */
import { type Batch, targetOf } from './targets.ts'

/** Bytes for one write: a system call for each line costs more than the line. */
const gathered = 12_288
const gatherMs = 200

/** `told` makes the line that says how many were dropped. */
export const createLogOutput = (fd: number, told: (dropped: number) => string, open = targetOf) => {
  let [text, lines, dropped, untold, stalls, isDropping] = ['', 0, 0, 0, 0, false]
  const target = open(fd, (isTaken, batch) => {
    if (!isTaken) {
      if (!isDropping) stalls += 1
      dropped += batch.lines
      untold += batch.lines + batch.told
    }
    isDropping = !isTaken
  })
  const gather = (): Batch => {
    const batch = { text: (untold > 0 ? told(untold) : '') + text, lines, told: untold }
    text = ''
    lines = 0
    untold = 0
    return batch
  }
  const flush = (): void => {
    if (lines > 0) target.take(gather())
  }
  const timer = setInterval(flush, gatherMs).unref()
  return {
    write: (line: string): void => {
      text += line
      lines += 1
      if (text.length >= gathered) flush()
    },
    /** Lines that were dropped so far. */
    dropped: (): number => dropped,
    /** How often it began to drop lines. */
    stalls: (): number => stalls,
    /** Writes what is gathered, then waits a bounded time until it is taken. */
    close: async (withinMs = 1_000): Promise<void> => {
      clearInterval(timer)
      flush()
      await target.close(withinMs)
    },
    /** The end of the process, where nothing is waited for: writes what is gathered. */
    leave: (): void => target.leave(gather()),
  }
}
