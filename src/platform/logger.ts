/** The one door to pino: JSON lines with nothing in them that could end a line, steer a terminal or open a door. */
import { type DestinationStream, type Level, pino } from 'pino'
import { withoutText } from './error-message.ts'
import { createLogOutput } from './log-output.ts'
import { printableLines } from './printable.ts'

export type Fields = Record<string, unknown>

/** Something that operators should look at, by its stable name. */
export type Alarm = (name: string, fields: Fields) => void

export interface Log {
  debug(fields: Fields, message: string): void
  info(fields: Fields, message: string): void
  warn(fields: Fields, message: string): void
  error(fields: Fields, message: string): void
  /** How many lines nobody took so far. */
  dropped(): number
  /** Gives out what is gathered, as far as it is taken at once. */
  flush(): void
  /** Before the process ends: waits a moment for whoever takes the lines. */
  close(): Promise<void>
}

// What stands before a match is looked at, so that a run of letters is gone through once and not from each letter.
const token = /(?<![\w-])[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g
const email = /(?<![^\s"'<>,;:()@])[^\s"'<>,;:()@]+@[^\s"'<>,;:()]+/g

/** Text from outside, made fit for a log: bounded, without tokens and addresses. */
export const loggable = (text: string): string => text.slice(0, 200).replace(token, '[token]').replace(email, '[email]')

/** An error as the log shows it: name, code and message, cleaned; stacks only of what we did not expect. */
export const describeError = (error: unknown): Fields => {
  if (!(error instanceof Error)) return { message: loggable(String(error)) }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  return { name: error.name, ...code, message: loggable(withoutText(error)) }
}

let lastMs = 0
let lastTime = ''

/** ISO 8601. At load many lines fall into one millisecond. */
const timestamp = (): string => {
  const ms = Date.now()
  if (ms !== lastMs) {
    lastMs = ms
    lastTime = `,"time":"${new Date(ms).toISOString()}"`
  }
  return lastTime
}

/** Lines go to standard output unless a writer is given. Times are ISO 8601. */
export const createLog = (level: Level | 'silent', write?: (line: string) => void): Log => {
  const told = (dropped: number) =>
    `${JSON.stringify({ level: 'error', time: new Date().toISOString(), alarm: 'log', dropped, msg: 'alarm' })}\n`
  const out = write ? undefined : createLogOutput(1, told)
  const sink: DestinationStream = { write: (line) => (write ? write(printableLines(line)) : void out?.write(printableLines(line))) }
  const log = pino({ level, base: null, timestamp, formatters: { level: (label) => ({ level: label }) } }, sink)
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    dropped: () => out?.dropped() ?? 0,
    flush: () => out?.flush(),
    close: async () => await out?.close(),
  }
}
