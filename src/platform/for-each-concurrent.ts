/** Runs the work for each item, in order, `limit` at once. A failure stops the start of more, and
 * is thrown when those running have ended. */
export const forEachConcurrent = async <T>(limit: number, items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> => {
  const rest = items[Symbol.iterator]()
  let failed = false
  const run = async (): Promise<void> => {
    for (let next = rest.next(); !next.done && !failed; next = rest.next())
      await work(next.value).catch((error: unknown) => {
        failed = true
        throw error
      })
  }
  const ended = await Promise.allSettled(Array.from({ length: limit }, run))
  const failure = ended.find((it) => it.status === 'rejected')
  if (failure) throw failure.reason
}
