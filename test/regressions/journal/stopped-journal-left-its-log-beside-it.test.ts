/** A journal that was closed in order could keep its end in the write-ahead log beside the file, so that a copy of the file alone had gone back. */
import { readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { deletion, makePlace } from '../../journal/place.ts'

test('all is in the file', async () => {
  await using place = makePlace()
  for (let round = 0; round < 10; round += 1) {
    const it = await place.open()
    await it.guard.begin(deletion())
    await it.guard.close()
    expect(readdirSync(place.directory).sort()).toEqual(['journal.db', 'journal.db-living'])
  }
})
