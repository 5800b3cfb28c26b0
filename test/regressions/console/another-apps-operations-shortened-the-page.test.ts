/** Pages of operations were cut to one app after they had been read: with another app's operations on top they came out short, or empty. */
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { operations } from '../../../src/journal/store/search.ts'
import { deletion, makePlace } from '../../journal/place.ts'

test("an app's operations are found below those of another app", async () => {
  await using place = makePlace()
  await using it = await place.open()
  for (const tenant of ['A', ...Array<string>(12).fill('B')])
    await ((await it.guard.begin({ ...deletion(), tenant })) as OpenOperation).end()
  const found = await operations(it.store, place.sealer, { tenant: 'A', limit: 10 })
  expect(found.rows.map(({ opened }) => opened.tenant)).toEqual(['A'])
  const other = await operations(it.store, place.sealer, { tenant: 'B', limit: 10 })
  expect([other.rows.length, other.next === undefined]).toEqual([10, false])
})
