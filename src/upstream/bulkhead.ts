/** A bulkhead: bounds the calls of an app and class at the vendor, and those that wait. */
import { bulkhead, isBulkheadRejectedError } from 'cockatiel'
import type { LimitClass } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'

/** 256 reads of 200 ms are 1,280 a second: more than one process carries. */
const places: Readonly<Record<LimitClass, { readonly atOnce: number; readonly waiting: number }>> = {
  reads: { atOnce: 256, waiting: 256 },
  writes: { atOnce: 128, waiting: 128 },
  codes: { atOnce: 64, waiting: 64 },
  links: { atOnce: 64, waiting: 64 },
  guarded: { atOnce: 64, waiting: 64 },
  // A slow sender holds a place for up to a minute.
  images: { atOnce: 128, waiting: 0 },
}
const maxWaitMs = 1_000

export interface BulkheadCalls {
  /** At the vendor. */
  readonly running: number
  /** For a place. */
  readonly waiting: number
}

const busy = (cause?: unknown): Problem =>
  new Problem('upstream_busy', {
    cause,
    outcome: 'not_sent',
    detail:
      'The messaging service is slow, and as many calls as may wait for it already do, so nothing was sent. Try again as Retry-After says.',
    headers: { 'Retry-After': '2' },
  })

export const createBulkhead = (name: LimitClass) => {
  const { atOnce, waiting } = places[name]
  const policy = bulkhead(atOnce, waiting)

  /** Throws what the work throws, or `upstream_busy`: then the work never begins. */
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    let isOver = false
    const timer =
      policy.executionSlots > 0
        ? undefined
        : setTimeout(() => {
            isOver = true
            reject(busy('no place in time'))
          }, maxWaitMs)
    const begin = async (): Promise<T> => {
      clearTimeout(timer)
      if (isOver) throw busy()
      return await work()
    }
    policy.execute(begin).then(resolve, (error: unknown) => {
      clearTimeout(timer)
      reject(isBulkheadRejectedError(error) ? busy('no place to wait') : error)
    })
    return await promise
  }
  return { run, calls: (): BulkheadCalls => ({ running: atOnce - policy.executionSlots, waiting: waiting - policy.queueSlots }) }
}
