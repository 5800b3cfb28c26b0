/** How far the erasing of sealed parts may go. A clock that was set far ahead would have them erased
 * before their time, for good; so each step reaches at most a day further than the one before, and people have time to see it. */

const stepMs = 86_400_000

export const createExpiry = (now: () => Date) => {
  let reached: number | undefined
  return {
    /** Once, with the time of the last event that was written before this process: the time until then
     * has passed. */
    begin: (lastEvent: string | undefined): void => {
      reached ??= Math.min(now().getTime(), lastEvent === undefined ? Number.POSITIVE_INFINITY : Date.parse(lastEvent))
    },
    /** What ended before this may be erased now; undefined before the beginning. */
    next: (): number | undefined => {
      if (reached !== undefined) reached = Math.min(now().getTime(), reached + stepMs)
      return reached
    },
  }
}
