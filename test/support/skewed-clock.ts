/** A clock of its own for one part of the test's process: what runs in it reads Date.now() so much later or earlier, however it goes on. */
import { AsyncLocalStorage } from 'node:async_hooks'

const skew = new AsyncLocalStorage<number>()
const trueNow = Date.now

/** Runs a part of the process with a clock that is so many seconds ahead. */
export const withClock = <T>(aheadSeconds: number, run: () => T): T => {
  Date.now = () => trueNow() + (skew.getStore() ?? 0)
  return skew.run(aheadSeconds * 1000, run)
}
