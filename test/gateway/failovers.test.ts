/** What has a standby fails over under calls: no session is lost, no deletion is missing in the journal, no answer is wrong, and all of it comes back. The long form is `npm run soak:outage`. */
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import type { Fault } from '../soak/outage-faults.ts'
import { runOutage } from '../soak/outage-run.ts'
import {
  type ClusterScene,
  clusterFailovers,
  failovers,
  type StandbyScene,
  startClusterScene,
  startStandbyScene,
} from '../soak/outage-standbys.ts'
import { findPostgres } from '../support/postgres.ts'
import { redisInstalled } from '../support/redis.ts'
import { expectNothingLost } from './nothing-lost.ts'

const rehearse = <S extends ClusterScene>(name: string, isInstalled: boolean, start: () => Promise<S>, faults: readonly Fault<S>[]): void =>
  describe(name, () => {
    let scene: S | undefined
    beforeAll(async () => {
      if (isInstalled) scene = await start()
    })
    afterAll(async () => {
      await scene?.[Symbol.asyncDispose]()
    })
    const when = isInstalled ? test : test.skip // Redis or PostgreSQL is not installed
    when.each(faults)('$name', async (fault) => {
      expectNothingLost(await runOutage(scene!, fault, 4_000, 250))
    })
  })

rehearse<StandbyScene>('with standbys', redisInstalled() && findPostgres() !== undefined, startStandbyScene, failovers)
rehearse<ClusterScene>('with a Cluster', redisInstalled(), startClusterScene, clusterFailovers)
