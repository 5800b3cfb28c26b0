/** A write by userId that found no link forbade new ones; a fill by userId noted one all the same, and so let in a slower fill by _id from before the write. */
import { expect, test } from '@jest/globals'
import { memoryCache } from '../../../src/cache/store/memory.ts'
import { play, replica, type Step } from '../../cache/replicas.ts'

test('a fill that began before a write is refused, although another one has told the two names since', async () => {
  const store = memoryCache()
  const plan: Step[] = [
    { do: 'read', on: 0, by: '_id', before: 0, after: 12 },
    { do: 'pause', turns: 2 },
    { do: 'write', on: 0, by: 'userId', how: 'unlink', before: 0, after: 0 },
    { do: 'pause', turns: 3 },
    { do: 'read', on: 0, by: 'userId', before: 0, after: 0 },
  ]
  await expect(play([replica(store), replica(store)], plan)).resolves.toBeUndefined()
  store.close()
})
