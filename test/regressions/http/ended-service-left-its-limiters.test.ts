/** express-rate-limit kept each store for the life of the process, and with it the counters, the metrics and all else of a service that had ended. */
import { Session } from 'node:inspector/promises'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { type AddressCounts, limitAddress, limitFailures } from '../../../src/http/rate-limit.ts'

/** Not by the flag of V8: what is compiled before and after a change of flags does not go together. */
const collect = async (): Promise<void> => {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.collectGarbage')
  session.disconnect()
}

const startAndForget = (): WeakRef<AddressCounts> => {
  const used = () => Promise.resolve({ used: 1, leftMs: 1 })
  const counts = { use: used, used }
  limitAddress(counts, 'requests', 10)
  limitFailures(counts, 'failures', 10)
  return new WeakRef(counts)
}

test('nothing holds the counts of a limiter that nobody has', async () => {
  const counts = startAndForget()
  await setImmediate()
  await collect()
  expect(counts.deref()).toBeUndefined()
})
