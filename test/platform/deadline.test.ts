/** A bound on waiting. */
import { expect, test } from '@jest/globals'
import { timedOut, withTimeout } from '../../src/platform/deadline.ts'

test('what comes in time is given, a failure too', async () => {
  expect(await withTimeout(60_000, Promise.resolve('here'))).toBe('here')
  await expect(withTimeout(60_000, Promise.reject(new Error('no')))).rejects.toThrow('no')
})

test('what does not come in time is not waited for, and may still fail without harm', async () => {
  const work = Promise.withResolvers<string>()
  expect(await withTimeout(1, work.promise)).toBe(timedOut)
  work.reject(new Error('late'))
  // An unhandled rejection would end the test here.
  await new Promise((resolve) => setImmediate(resolve))
})
