/** The output of log lines. They wait in memory, bounded, and are dropped and counted when nobody
 * reads them: a log must not stop the service. */
import { fstatSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { isatty, WriteStream } from 'node:tty'

export interface LogOutput {
  write(line: string): void
  /** Lines that were dropped so far. */
  dropped(): number
  /** How often it began to drop lines. */
  stalls(): number
  /** Writes what is gathered. */
  flush(): void
  /** The same, then waits a bounded time for the reader. */
  close(withinMs?: number): Promise<void>
}

/** Bytes for one write: a system call for each line costs more than the line. */
const gathered = 12_288
const gatherMs = 200
const maxWaiting = 1024 * 1024

interface Target {
  /** False when the text was dropped. */
  take(text: string): boolean
  close(withinMs: number): Promise<void>
}

/** A file: a full disk refuses lines, and takes them again once it has room. */
const toFile = (fd: number): Target => {
  let torn = false
  return {
    take: (text) => {
      const bytes = Buffer.from(torn ? `\n${text}` : text)
      try {
        const taken = writeSync(fd, bytes)
        torn = taken < bytes.length
        return !torn
      } catch {
        return false
      }
    },
    close: () => Promise.resolve(),
  }
}

/** A pipe, a socket or a terminal: what is not read waits in the stream. */
const toReader = (stream: Socket): Target => {
  // Each write to a reader that has gone raises it again.
  stream.on('error', () => undefined)
  return {
    take: (text) => {
      if (stream.destroyed || stream.writableLength > maxWaiting) return false
      stream.write(text)
      return true
    },
    close: async (withinMs) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, withinMs)
      // Not ended, which would shut down a socket that other workers share.
      stream.once('close', resolve).write('', () => resolve())
      await promise
      clearTimeout(timer)
      // Lines that are still not read would keep the process alive.
      stream.destroy()
    },
  }
}

const targetOf = (fd: number): Target => {
  if (isatty(fd)) return toReader(new WriteStream(fd))
  const kind = fstatSync(fd)
  return kind.isFIFO() || kind.isSocket() ? toReader(new Socket({ fd, readable: false, writable: true })) : toFile(fd)
}

/** `told` makes the line that says how many were dropped. */
export const createLogOutput = (fd: number, told: (dropped: number) => string): LogOutput => {
  const target = targetOf(fd)
  let [text, lines, dropped, untold, stalls] = ['', 0, 0, 0, 0]
  const flush = (): void => {
    if (lines === 0) return
    const gone = untold > 0 ? told(untold) : ''
    if (target.take(gone + text)) untold = 0
    else {
      if (untold === 0) stalls += 1
      dropped += lines
      untold += lines
    }
    text = ''
    lines = 0
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
    flush,
    close: async (withinMs = 1_000) => {
      clearInterval(timer)
      flush()
      await target.close(withinMs)
    },
  }
}
