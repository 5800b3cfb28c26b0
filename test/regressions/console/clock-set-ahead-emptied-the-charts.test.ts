/** Counts of hours that seemed older than a month were dropped for good: after a clock that was ahead for a moment the charts of the console stayed empty until a restart. */
import { expect, test } from '@jest/globals'
import { createCounters } from '../../../src/console/counters.ts'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { deletion, makePlace } from '../../journal/place.ts'
import { setClock } from '../../support/skewed-clock.ts'
import { until } from '../../support/until.ts'

test('what was counted is shown again once the clock is right', async () => {
  using _clock = setClock(0)
  await using place = makePlace()
  await using it = await place.open()
  for (let n = 0; n < 3; n += 1) await ((await it.guard.begin(deletion())) as OpenOperation).end()
  let reads = 0
  const select: typeof it.store.select = (...asked) => {
    reads += 1
    return it.store.select(...asked)
  }
  const counters = createCounters({ store: { kind: it.store.kind, select }, burst: { calls: 20, minutes: 5 }, since: 0 })
  const shown = () => counters.series(deletion().tenant, 24, 30).reduce((sum, { deleted }) => sum + deleted, 0)
  await until(() => counters.complete())
  expect(shown()).toBe(3)
  setClock(400 * 86_400)
  // Two more looks, after each of which old hours are dropped.
  const before = reads
  await until(() => reads >= before + 3)
  setClock(0)
  expect(shown()).toBe(3)
  await counters.close()
})
