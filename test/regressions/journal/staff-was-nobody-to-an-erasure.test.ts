/** Staff and programs are known as actors alone: an erasure of one said that nobody was known by that name, and left the name and address in place; then it took what stood there before of the people whom they had deleted. */
import { expect, test } from '@jest/globals'
import { erasePerson } from '../../../src/journal/maintenance.ts'
import { verify } from '../../../src/journal/verify/verify.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'

test('who is known only as an actor can be erased', async () => {
  await using place = makePlace()
  await using it = await place.open()
  const begun = await it.guard.begin(deletion())
  if (!begun.replay) await begun.end(success)
  expect(await erasePerson(it.store, place.sealer, 'app1', 'idp1|nobody', 'ops')).toBeUndefined()
  expect(await erasePerson(it.store, place.sealer, 'app1', 'idp1|00u5x', 'ops')).toEqual({ subjects: 0, parts: 1 })
  expect(await it.store.select('SELECT part FROM snapshot')).toEqual([{ part: 'before' }])
  expect(await verify(it.store, { sealer: place.sealer })).toMatchObject({ ok: true })
})
