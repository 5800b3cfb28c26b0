/** Does the work for each item, as many at once as the limit says, in their order. After a failure none is begun any more; it is thrown when those under way have ended. */
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
