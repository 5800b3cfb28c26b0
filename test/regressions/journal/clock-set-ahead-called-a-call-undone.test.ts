/** The reconciler told by the clock of the day that two reads lay a minute apart: when that was set ahead between them, a deletion that the vendor was still at was called not applied, for good; set back, nothing was looked at for as long. */
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { spendPermit } from '../../../src/journal/guard/permit.ts'
import { createReconciler } from '../../../src/journal/reconcile/reconciler.ts'
import { historyOf } from '../../../src/journal/store/history.ts'
import { deletion, makePlace } from '../../journal/place.ts'

const hour = 3_600_000
const user = { _id: 'a'.repeat(24), givenName: 'Mina', properties: {}, clients: [] }

test.each([
  ['ahead', hour],
  ['back', -hour],
])('reads of a call without an outcome lie as far apart as they should, although the clock is set %s between them', async (_, jump) => {
  await using place = makePlace()
  let [skew, passed] = [0, 0]
  const it = await place.open({ now: () => new Date(Date.now() + skew) })
  let reads = 0
  const reconciler = createReconciler({
    journal: it.journal,
    clock: () => performance.now() + passed,
    read: () => {
      reads += 1
      return Promise.resolve({ status: 200, appUser: user })
    },
  })
  const op = (await it.guard.begin(
    deletion({ targets: [{ role: 'subject', smoochId: user._id }], before: { state: 'captured', image: user, fields: ['all'] } }),
  )) as OpenOperation
  spendPermit(op.permit, 'delete_app_user')
  await op.end({ outcome: 'unknown', upstream: { status: null, sent: true } })
  const state = async () => (await historyOf(it.store, op.id))?.state
  const rounds = async (): Promise<void> => {
    for (let round = 0; round < 5; round += 1) await reconciler.round()
  }
  await rounds()
  skew = jump
  await rounds()
  expect([reads, await state()]).toEqual([0, 'unknown'])
  passed = 51_000
  await rounds()
  expect([reads, await state()]).toEqual([1, 'unknown'])
  skew = 0
  await rounds()
  skew = jump
  await rounds()
  expect([reads, await state()]).toEqual([1, 'unknown'])
  expect(Date.parse(reconciler.watch({ operation: { id: op.id } } as never).next) - it.journal.now().getTime()).toBeLessThanOrEqual(60_000)
  passed += 61_000
  await rounds()
  expect([reads, await state()]).toEqual([2, 'not_applied'])
  await it.guard.close()
})
