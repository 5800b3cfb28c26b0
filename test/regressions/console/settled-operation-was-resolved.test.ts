/** The command `resolve` turned a deletion that had succeeded into one that had not, which nothing could take back. */
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { resolveByHand } from '../../../src/journal/maintenance.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'

test('a person decides only what is open', async () => {
  await using place = makePlace()
  await using it = await place.open()
  const [done, open] = [(await it.guard.begin(deletion())) as OpenOperation, (await it.guard.begin(deletion())) as OpenOperation]
  await done.end(success)
  const resolve = (id: string) => resolveByHand(it.store, place.sealer, id, 'not_applied', 'ops')
  expect(await resolve(done.id)).toBe(false)
  expect(await it.store.select('SELECT state FROM operation WHERE op = $1', [done.id])).toMatchObject([{ state: 'success' }])
  expect(await resolve(open.id)).toBe(true)
})
