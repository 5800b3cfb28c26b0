/** The one door to pino: JSON lines that end no line, steer no terminal and hold no secrets. */
import { type DestinationStream, type Level, pino } from 'pino'
import { withoutText } from '../error-message.ts'
import { printableLines } from '../printable.ts'
import { requestFields } from '../tracing.ts'
import { createLogOutput } from './output.ts'

/** Without the names that each line has by itself: a line with two of one is read in two ways. */
export interface Fields {
  readonly [name: string]: unknown
  readonly time?: never
  readonly level?: never
  readonly msg?: never
}

export interface Log {
  info(fields: Fields, message: string): void
  warn(fields: Fields, message: string): void
  error(fields: Fields, message: string): void
  /** Lines that were dropped so far. */
  dropped(): number
  /** How often it began to drop lines. */
  stalls(): number
  /** To be awaited before the process ends: waits a bounded time until all is taken. */
  close(): Promise<void>
  /** The end of the process, where nothing is waited for: writes what is gathered. */
  leave(): void
}

// The lookbehind makes the work linear: a run of letters is tried once, not from each letter.
const token = /(?<![\w-])[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g
const email = /(?<![^\s"'<>,;:()@])[^\s"'<>,;:()@]+@[^\s"'<>,;:()]+/g

export const maskAddresses = (text: string): string => text.replace(email, '[email]')

/** Text from outside, made fit for a log: at most 200 characters, without tokens and addresses. */
export const loggable = (text: string): string => maskAddresses(text.slice(0, 200).replace(token, '[token]'))

/** Name, code and message of an error, cleaned; a stack only for unexpected ones. */
export const describeError = (error: unknown): Fields => {
  if (!(error instanceof Error)) return { message: loggable(String(error)) }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  return { name: error.name, ...code, message: loggable(withoutText(error)) }
}

let lastMs = 0
let lastTime = ''

/** ISO 8601, made once per millisecond: under load many lines share one. */
const timestamp = (): string => {
  const ms = Date.now()
  if (ms !== lastMs) {
    lastMs = ms
    lastTime = `,"time":"${new Date(ms).toISOString()}"`
  }
  return lastTime
}

/** With the ids of the request that the line is about, which its own record has already. */
const ofRequest = (fields: Fields): Fields => ('requestId' in fields ? fields : { ...requestFields(), ...fields })

/** Lines go to standard output unless a writer is given. Times are ISO 8601. */
export const createLog = (level: Level | 'silent', write?: (line: string) => void): Log => {
  const told = (dropped: number) =>
    `${JSON.stringify({ level: 'error', time: new Date().toISOString(), alarm: 'log', dropped, msg: 'alarm' })}\n`
  const out = write ? undefined : createLogOutput(1, told)
  const sink: DestinationStream = { write: (line) => (write ? write(printableLines(line)) : void out?.write(printableLines(line))) }
  const log = pino({ level, base: null, timestamp, formatters: { level: (label) => ({ level: label }) } }, sink)
  return {
    info: (fields, message) => log.info(ofRequest(fields), message),
    warn: (fields, message) => log.warn(ofRequest(fields), message),
    error: (fields, message) => log.error(ofRequest(fields), message),
    dropped: () => out?.dropped() ?? 0,
    stalls: () => out?.stalls() ?? 0,
    close: async () => await out?.close(),
    leave: () => out?.leave(),
  }
}
