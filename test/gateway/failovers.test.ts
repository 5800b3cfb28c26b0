/** What has a standby fails over under calls: no session is lost, no deletion is missing in the journal, no answer is wrong, and all of it comes back. The long form is `npm run soak:outage`. */
import { afterAll, beforeAll, test } from '@jest/globals'
import { runOutage } from '../soak/outage-run.ts'
import { failovers, type StandbyScene, startStandbyScene } from '../soak/outage-standbys.ts'
import { findPostgres } from '../support/postgres.ts'
import { redisInstalled } from '../support/redis.ts'
import { expectNothingLost } from './nothing-lost.ts'

const installed = redisInstalled() && findPostgres() !== undefined
const when = installed ? test : test.skip // Redis or PostgreSQL is not installed
let scene: StandbyScene | undefined
beforeAll(async () => {
  if (installed) scene = await startStandbyScene()
})
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]()
})

when.each(failovers)('$name', async (fault) => {
  const row = await runOutage(scene!, fault, 4_000)
  expectNothingLost(row)
})
