/** The output of log lines. They wait in memory, bounded, and are dropped and counted when nobody
 * takes them: a log must not stop the service. */
import { type Batch, targetOf } from './targets.ts'

export interface LogOutput {
  write(line: string): void
  /** Lines that were dropped so far. */
  dropped(): number
  /** How often it began to drop lines. */
  stalls(): number
  /** Writes what is gathered, then waits a bounded time until it is taken. */
  close(withinMs?: number): Promise<void>
  /** The end of the process, where nothing is waited for: writes what is gathered. */
  leave(): void
}

/** Bytes for one write: a system call for each line costs more than the line. */
const gathered = 12_288
const gatherMs = 200

/** `told` makes the line that says how many were dropped. */
export const createLogOutput = (fd: number, told: (dropped: number) => string, open = targetOf): LogOutput => {
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
    write: (line) => {
      text += line
      lines += 1
      if (text.length >= gathered) flush()
    },
    dropped: () => dropped,
    stalls: () => stalls,
    close: async (withinMs = 1_000) => {
      clearInterval(timer)
      flush()
      await target.close(withinMs)
    },
    leave: () => target.leave(gather()),
  }
}
