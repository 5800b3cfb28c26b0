/** The one way to wait for what can be seen: as long as the test itself may, so that a busy machine fails nobody. */
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'

/** When jest would end the test or hook that runs, by performance.now(): test/support/environment.ts says it. */
export const testDeadline = Symbol.for('smooch-bff test deadline')

/** What is left for the message, and where no test runs (bench, soak). */
const reserveMs = 2_000
const aloneMs = 100_000

type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>

/** The first truthy value that `look` gives; with `isEnough` the first that it accepts, and that one is then named in the error.
 * A look that throws is a failure: what may fail at first is caught by the look itself. */
export async function until<T>(look: () => T | Promise<T>, isEnough?: undefined, everyMs?: number): Promise<Truthy<T>>
export async function until<T>(look: () => T | Promise<T>, isEnough: (seen: T) => unknown, everyMs?: number): Promise<T>
export async function until<T>(look: () => T | Promise<T>, isEnough: (seen: T) => unknown = Boolean, everyMs = 20): Promise<T> {
  const began = performance.now()
  for (;;) {
    const seen = await look()
    if (isEnough(seen)) return seen
    // Read anew each time: of concurrent tests jest counts the time of one after the other.
    const deadline = (globalThis as { [testDeadline]?: number })[testDeadline] ?? began + aloneMs
    const now = performance.now()
    if (now > deadline - reserveMs) {
      const wanted = isEnough === Boolean ? '' : `${isEnough} of `
      throw new Error(
        `waited ${Math.round(now - began)} ms for ${wanted}${look}; seen last: ${inspect(seen, { depth: 3, maxStringLength: 2_000 })}`,
      )
    }
    await sleep(everyMs)
  }
}
