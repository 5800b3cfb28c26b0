/** A bound on waiting. The work goes on; its later result is dropped. */

export const timedOut: unique symbol = Symbol('timed out')

/** Takes a callback for when the caller has gone without an answer. */
export type OnGone = (listener: () => void) => void

/** How long somebody waits for a read. A change is never cut short by it. */
export interface Patience {
  /** By the clock of `performance`. */
  readonly until?: number
  /** Takes what is called when nobody waits any more. */
  readonly onGone?: OnGone | undefined
}

/** The result of the work, or `timedOut`. */
export async function withTimeout<T>(milliseconds: number, work: Promise<T>): Promise<T | typeof timedOut> {
  const late = Promise.withResolvers<typeof timedOut>()
  const timer = setTimeout(late.resolve, milliseconds, timedOut)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
