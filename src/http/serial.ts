/** One at a time for each key, in the order in which they came. */

export const createTurns = () => {
  const last = new Map<string, Promise<void>>()
  return async (key: string): Promise<Disposable> => {
    const before = last.get(key)
    const { promise, resolve } = Promise.withResolvers<void>()
    last.set(key, promise)
    await before
    return {
      [Symbol.dispose]: () => {
        if (last.get(key) === promise) last.delete(key)
        resolve()
      },
    }
  }
}
