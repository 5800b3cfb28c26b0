/** Outages of what the service depends on, short: no session is lost, no deletion is missing in the journal, no answer is wrong, and it comes back. The long form is `npm run soak:outage`. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { columns } from '../soak/outage-calls.ts'
import { faults } from '../soak/outage-faults.ts'
import { runOutage } from '../soak/outage-run.ts'
import { type Scene, startScene } from '../soak/outage-scene.ts'
import { redisInstalled } from '../support/redis.ts'
import { expectNothingLost } from './nothing-lost.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed
let scene: Scene | undefined
beforeAll(async () => {
  if (redisInstalled()) scene = await startScene('SQLite')
})
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]()
})

/** Columns that must go on meanwhile. */
const goOn: readonly (readonly [fault: string, columns: readonly (typeof columns)[number][]])[] = [
  ['Redis stopped', []],
  ['Redis killed, started again', []],
  ['Redis full', []],
  ['vendor never answers', ['hot read', 'sign-out', 'console']],
  ['vendor resets', ['hot read', 'sign-out', 'console']],
  ['SQLite: locked', ['hot read', 'staff read', 'update', 'sign-out']],
]

when.each(goOn)('%s: sessions stay, the journal has no gap, no answer is wrong, and all of it comes back', async (name, unharmed) => {
  const row = await runOutage(scene!, faults.find((it) => it.name === name)!, 1_500, 250)
  expectNothingLost(row)
  for (const column of unharmed)
    expect([column, Object.keys(row!.cells[column].answers).filter((it) => !/^2\d\d$/.test(it))]).toEqual([column, []])
})
