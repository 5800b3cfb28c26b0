/** A clock of its own for one part of the test's process: what runs in it reads Date.now() so much later or earlier, however it goes on. */
import { AsyncLocalStorage } from 'node:async_hooks'

const skew = new AsyncLocalStorage<number>()
const trueNow = Date.now
let wrong = 0

/** Runs a part of the process with a clock that is so many seconds ahead. */
export const withClock = <T>(aheadSeconds: number, run: () => T): T => {
  Date.now = () => trueNow() + (skew.getStore() ?? wrong)
  return skew.run(aheadSeconds * 1000, run)
}

/** Sets the clock of the whole process, so many seconds ahead or, below zero, back, until disposed of. What starts afterwards goes by it, and by a later setting. */
export const setClock = (aheadSeconds: number): Disposable => {
  Date.now = () => trueNow() + (skew.getStore() ?? wrong)
  wrong = aheadSeconds * 1000
  return {
    [Symbol.dispose]: () => {
      wrong = 0
    },
  }
}
