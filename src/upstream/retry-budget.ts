/** A retry budget: one retry for five calls and one for each second, so that a vendor in trouble is not asked three times for each answer.
 * No library here counts what is sent again: cockatiel and ky look at each call by itself. */
const perCall = 0.2
const perSecond = 1
/** What a quiet time saves, for the moment in which the vendor closes its connections. */
const most = 10

export const createRetryBudget = () => {
  let saved = most
  let latest = performance.now()
  const save = (more: number): void => {
    saved = Math.min(most, saved + more)
  }

  return {
    countCall: (): void => save(perCall),
    /** Whether something may be sent again; then it is paid for. */
    take: (): boolean => {
      const now = performance.now()
      save(((now - latest) / 1000) * perSecond)
      latest = now
      if (saved < 1) return false
      saved -= 1
      return true
    },
  }
}
