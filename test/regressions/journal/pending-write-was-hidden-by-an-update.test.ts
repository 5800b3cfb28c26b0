/** A write by userId whose outcome nobody knew left its tombstone there alone; the second update by _id after it made its answer the copy, over what the first was still to do. */
import { expect, test } from '@jest/globals'
import { memoryCache } from '../../../src/cache/store/memory.ts'
import { play, replica, type Step } from '../../cache/replicas.ts'

test('no update makes its answer the copy while a write under the other name may yet take effect', async () => {
  const store = memoryCache()
  const write = { do: 'write', on: 0, before: 0, after: 0 } as const
  const plan: Step[] = [
    { ...write, by: 'userId', how: 'unknown later', after: 12 },
    { do: 'pause', turns: 2 },
    { ...write, by: '_id', how: 'update' },
    { do: 'pause', turns: 4 },
    { ...write, by: '_id', how: 'update' },
  ]
  await expect(play([replica(store), replica(store)], plan)).resolves.toBeUndefined()
  store.close()
})
