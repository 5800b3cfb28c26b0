/** Where log lines leave the process. They wait in memory, bounded, and are dropped and counted when nobody takes them: a log must never stop what it tells of. */
import { fstatSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { isatty, WriteStream } from 'node:tty'

export interface LogOutput {
  write(line: string): void
  /** Lines that nobody took so far. */
  dropped(): number
  /** Gives out what is gathered. */
  flush(): void
  /** The same, then waits for its reader, but not for long. */
  close(withinMs?: number): Promise<void>
}

/** A system call for each line would cost more than the line. */
const gathered = 12_288
const gatherMs = 200
const maxWaiting = 1024 * 1024

interface Target {
  /** Lines were taken, or will be. */
  take(text: string): boolean
  close(withinMs: number): Promise<void>
}

/** A full disk refuses, and takes lines again once it has room. */
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

/** A pipe, a socket or a terminal: what its reader does not take waits in the stream. */
const toReader = (stream: Socket): Target => {
  // A reader that has gone for good: each write tells it again.
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
      // Not ended: that would shut a socket down for the other workers, who share it.
      stream.once('close', resolve).write('', () => resolve())
      await promise
      clearTimeout(timer)
      // What is still not taken would hold the process.
      stream.destroy()
    },
  }
}

const targetOf = (fd: number): Target => {
  if (isatty(fd)) return toReader(new WriteStream(fd))
  const kind = fstatSync(fd)
  return kind.isFIFO() || kind.isSocket() ? toReader(new Socket({ fd, readable: false, writable: true })) : toFile(fd)
}

/** `told` makes the line that says how many are missing. */
export const createLogOutput = (fd: number, told: (dropped: number) => string): LogOutput => {
  const target = targetOf(fd)
  let [text, lines, dropped, untold] = ['', 0, 0, 0]
  const flush = (): void => {
    if (lines === 0) return
    const gone = untold > 0 ? told(untold) : ''
    if (target.take(gone + text)) untold = 0
    else {
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
    flush,
    close: async (withinMs = 1_000) => {
      clearInterval(timer)
      flush()
      await target.close(withinMs)
    },
  }
}
