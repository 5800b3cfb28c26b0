/** Work that is done again and again while the process serves. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Begins at once; the next time comes `everyMs` after the last has ended, well or not. Disposed of
 * when the last has ended. */
export const repeated = (everyMs: number, work: () => Promise<void>): AsyncDisposable => {
  const ending = new AbortController()
  const run = async (): Promise<void> => {
    for (; !ending.signal.aborted; await sleep(everyMs, undefined, { ref: false, signal: ending.signal }).catch(() => {}))
      await work().catch(() => {})
  }
  const running = run()
  return {
    [Symbol.asyncDispose]: async () => {
      ending.abort()
      await running
    },
  }
}
