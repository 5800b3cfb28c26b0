/** Where log lines go: a reader or a file. What it does not take is dropped, never waited for. */
import { fstatSync, write, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { isatty, WriteStream } from 'node:tty'

/** Lines; `told` of those that are missing are counted in them. */
export interface Batch {
  readonly text: string
  readonly lines: number
  readonly told: number
}

/** Hears of each batch whether it was taken or dropped. */
export type Settled = (isTaken: boolean, batch: Batch) => void

export interface Target {
  take(batch: Batch): void
  /** Waits a bounded time until all is taken. */
  close(withinMs: number): Promise<void>
  /** Takes what it can at the end of the process, where nothing is waited for. */
  leave(batch: Batch): void
}

const maxWaiting = 1024 * 1024

/** A pipe, a socket or a terminal: what is not read waits in the stream. */
const toReader = (stream: Socket, settled: Settled): Target => {
  // Each write to a reader that has gone raises it again.
  stream.on('error', () => undefined)
  const take = (batch: Batch): void => {
    const isTaken = !stream.destroyed && stream.writableLength <= maxWaiting
    if (isTaken) stream.write(batch.text)
    settled(isTaken, batch)
  }
  return {
    take,
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
    leave: take,
  }
}

const none: Batch = { text: '', lines: 0, told: 0 }
const joined = (one: Batch, other: Batch): Batch => ({
  text: one.text + other.text,
  lines: one.lines + other.lines,
  told: one.told + other.told,
})

/** A write that has taken longer hangs. */
const hangsMs = 200

/** A file. Its disk may hang or be full, so a thread of Node's pool writes: one write at a time
 * keeps the order of lines, and leaves three of the four threads. */
export const toFile = (fd: number, settled: Settled): Target => {
  let waiting = none
  let underWay: { readonly length: number; readonly since: number } | undefined
  let whenIdle = (): void => undefined
  // The file ends in the middle of a line.
  let torn = false

  const bytesOf = ({ text }: Batch): Buffer => Buffer.from(torn ? `\n${text}` : text)
  const next = (): void => {
    if (waiting.lines === 0) {
      whenIdle()
      return
    }
    const batch = waiting
    const bytes = bytesOf(batch)
    waiting = none
    underWay = { length: batch.text.length, since: performance.now() }
    write(fd, bytes, (error, taken) => {
      underWay = undefined
      if (!error) torn = taken < bytes.length
      settled(!error && !torn, batch)
      next()
    })
  }
  return {
    take: (batch) => {
      if (waiting.text.length + (underWay?.length ?? 0) > maxWaiting) return settled(false, batch)
      waiting = joined(waiting, batch)
      if (!underWay) next()
    },
    close: async (withinMs) => {
      if (!underWay) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, withinMs)
      whenIdle = resolve
      await promise
      clearTimeout(timer)
    },
    leave: (batch) => {
      // Node would wait for its thread, and the process would stay for as long as the disk hangs.
      if (underWay && performance.now() - underWay.since > hangsMs) process.kill(process.pid, 'SIGKILL')
      const last = joined(waiting, batch)
      waiting = none
      try {
        if (last.text !== '') writeSync(fd, bytesOf(last))
      } catch {
        // Full; nobody is left to be told.
      }
    },
  }
}

export const targetOf = (fd: number, settled: Settled): Target => {
  if (isatty(fd)) return toReader(new WriteStream(fd), settled)
  const kind = fstatSync(fd)
  const hasReader = kind.isFIFO() || kind.isSocket()
  return hasReader ? toReader(new Socket({ fd, readable: false, writable: true }), settled) : toFile(fd, settled)
}

/** Lines for people on standard error, which may be the same file as the log. */
export const createStandardError = (fd = 2, open = targetOf) => {
  // What nobody takes is not worth the process, and nobody is left to be told.
  const target = open(fd, () => undefined)
  return {
    say: (line: string): void => target.take({ text: `${line}\n`, lines: 1, told: 0 }),
    /** To be awaited before the process ends: waits a bounded time until all is taken. */
    close: (): Promise<void> => target.close(1_000),
    /** The end of the process, where nothing is waited for. */
    leave: (): void => target.leave(none),
  }
}
