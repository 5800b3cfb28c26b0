/** `verify` only counted erasures: one of somebody whose events had been pruned excused any other name that was taken out by hand. */
import { expect, test } from '@jest/globals'
import { erasePerson, prune, pruneRangeBefore } from '../../../src/journal/maintenance.ts'
import { verify } from '../../../src/journal/verify/verify.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'

test('an erasure stands for the names that it removed, and for no other', async () => {
  await using place = makePlace()
  await using it = await place.open()
  const act = async (userId: string): Promise<void> => {
    const begun = await it.guard.begin(deletion({ targets: [{ role: 'subject', userId }] }))
    if ('end' in begun) await begun.end(success)
  }
  await act('early')
  await prune(it.store, await pruneRangeBefore(it.store, new Date(Date.now() + 1000)), 'digest', 'ops')
  await act('late')
  expect(await erasePerson(it.store, place.sealer, 'app1', 'early', 'ops')).toMatchObject({ subjects: 1 })
  expect(await verify(it.store, { sealer: place.sealer })).toMatchObject({ ok: true })
  const [row] = await it.store.select('SELECT pseudonym FROM subject WHERE lookup = $1', [place.sealer.lookup('app1', 'late')])
  await it.store.erase([String(row!['pseudonym'])])
  expect(await verify(it.store, { sealer: place.sealer })).toMatchObject({
    ok: false,
    findings: expect.arrayContaining([{ what: expect.stringContaining('names of people are gone that no erasure removed (1)') }]),
  })
})
