/** The type of a command of `npm run journal`. */
import { constants } from 'node:os'
import { printable } from '../../platform/printable.ts'
import type { Event } from '../event/event.ts'
import type { Anchor } from '../log/anchor.ts'
import type { Store } from '../store/journal-store.ts'
import type { Keys } from '../store/open.ts'
import type { Flags, ParsedArguments } from './flags.ts'

/** A signal ended a command before it was done; what it changes is done to its end. */
export class Stopped extends Error {
  /** As shells have it. */
  readonly exitCode: number
  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super(`ended by ${signal} before it was done`)
    this.exitCode = 128 + constants.signals[signal]
  }
}

/** To be called between two steps that change nothing. */
export const goOn = ({ reason }: AbortSignal): void => {
  if (reason instanceof Stopped) throw reason
}

export interface Output {
  readonly people: boolean
  write(text: string): void
  /** Text for people, on stderr. */
  progress(text: string): void
}

export interface Context extends Keys {
  readonly store: Store
  /** Connects at the first call; undefined when no Redis is set. */
  anchor(): Promise<Anchor | undefined>
  readonly out: Output
  /** Its reason is `Stopped` when the command was asked to end; else nobody reads on. */
  readonly stop: AbortSignal
}

/** Prints text on a terminal and JSON lines into a pipe; returns the exit code. */
export interface Command extends ParsedArguments {
  readonly help: string
  /** A line as people type it, after `npm run journal --`. */
  readonly example: string
  /** True when a reading command has to leave an event this time. */
  readonly writes?: (flags: Flags) => boolean
  readonly run: (context: Context, flags: Flags, argument: string) => Promise<number>
}

export const say = ({ out }: Pick<Context, 'out'>, record: Record<string, unknown>, words: string): void =>
  out.write(out.people ? `${words}\n` : `${printable(JSON.stringify(record))}\n`)

export const sentence = (index: number, { time, kind, action, actor, outcome, verdict, operation, targets, count }: Event): string =>
  [
    String(index).padStart(7),
    time,
    kind.padEnd(8),
    action,
    outcome ?? verdict ?? '',
    actor ? `by ${actor.id}` : '',
    targets?.length ? `on ${targets.map(({ smoochId, subject }) => smoochId ?? subject).join(' and ')}` : '',
    count ? `(${count} more)` : '',
    operation?.id ?? '',
  ]
    .filter(Boolean)
    .map(printable)
    .join('  ')
