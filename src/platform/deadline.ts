/** A bound on waiting. The work goes on; its later result is dropped. */

export const TIMED_OUT: unique symbol = Symbol('timed out')

/** The result of the work, or `TIMED_OUT`. */
export async function withTimeout<T>(milliseconds: number, work: Promise<T>): Promise<T | typeof TIMED_OUT> {
  const late = Promise.withResolvers<typeof TIMED_OUT>()
  const timer = setTimeout(late.resolve, milliseconds, TIMED_OUT)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
