/** A repeat was looked for among the calls of the last day by the clock of the day: when that was set ahead by more, a call with an Idempotency-Key was carried out a second time. */
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { deletion, makePlace } from '../../journal/place.ts'

test.each([
  ['ahead', 30],
  ['back', -30],
])('a call with a key is repeated by its answer, although the clock is set %s by %d hours between the two', async (_, hours) => {
  await using place = makePlace()
  let skew = 0
  const it = await place.open({ now: () => new Date(Date.now() + skew) })
  const call = deletion({ idempotencyKey: 'key-1' })
  const first = (await it.guard.begin(call)) as OpenOperation
  await first.end({ outcome: 'success', upstream: { status: 200, sent: true }, response: { status: 200 } })
  skew = hours * 3_600_000
  expect(await it.guard.recall(call)).toMatchObject({ id: first.id, replay: { status: 200 } })
  await it.guard.close()
})
