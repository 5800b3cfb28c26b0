/** Two replicas of the service before a Redis with two replicas and a Sentinel, and a PostgreSQL with a standby, or before a Redis Cluster whose masters have replicas; and TABLE: what fails over. */
import { generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { findPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import { startProxy } from '../support/proxy.ts'
import { type RunningCluster, startCluster, startSentinel, type WithSentinel } from '../support/redis-topologies.ts'
import type { Fault } from './outage-faults.ts'
import { journalEnv, type Stage, startJournal, startReplicas } from './outage-scene.ts'

/** How a server is lost. */
type Loss = 'SIGKILL' | 'SIGSTOP'
/** Begins to fail over; what it gives ends the loss, when that is over. */
type FailOver = (loss: Loss) => Promise<() => Promise<void>>

/** Calls begin when the fault has begun; this one comes among them. */
const intoTheCallsMs = 500

export interface ClusterScene extends Stage, AsyncDisposable {
  readonly redis: FailOver
}

export interface StandbyScene extends ClusterScene {
  readonly postgres: FailOver
}

const failOverOf =
  (redis: WithSentinel | RunningCluster): FailOver =>
  async (loss) => {
    const { process: master, startAgain } = await redis.current()
    const over = sleep(intoTheCallsMs).then(() => master.kill(loss))
    return async () => {
      await over
      if (loss === 'SIGKILL') await startAgain()
      else master.kill('SIGCONT')
    }
  }

const startPostgresPair = async (opened: AsyncDisposableStack) => {
  const bin = findPostgres()
  if (!bin) throw new Error('PostgreSQL is not installed')
  const servers = opened.use(new AsyncDisposableStack())
  let primary: Postgres = servers.use(await startPostgres(bin))
  const { privateKey } = generateKeyPairSync('ed25519')
  await createPostgres(primary.url(), privateKey)
  let [mine, others] = [opened.use(await startProxy(primary.socket)), opened.use(await startProxy(0))]
  const failOver: FailOver = async (loss) => {
    const [former, standby] = [primary, servers.use(await primary.standby())]
    others.lead(standby.socket)
    const over = (async () => {
      await sleep(intoTheCallsMs)
      former.signal(loss)
      await sleep(1_000)
      standby.promote()
    })()
    ;[primary, mine, others] = [standby, others, mine]
    return async () => {
      await over
      // Nobody keeps it from taking itself for the primary.
      if (loss === 'SIGSTOP') former.signal('SIGCONT')
    }
  }
  return { env: journalEnv(`postgres://postgres@127.0.0.1:${mine.port},127.0.0.1:${others.port}/postgres`, privateKey), failOver }
}

export const startStandbyScene = async (): Promise<StandbyScene> => {
  await using opened = new AsyncDisposableStack()
  const redis = await startSentinel({ replicas: 2, silenceMs: 500 })
  opened.defer(() => redis.stop())
  const postgres = await startPostgresPair(opened)
  const { bff } = await startReplicas({ REDIS_URL: redis.url, ...postgres.env }, opened)
  const all = opened.move()
  return { bff, redis: failOverOf(redis), postgres: postgres.failOver, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

export const startClusterScene = async (): Promise<ClusterScene> => {
  await using opened = new AsyncDisposableStack()
  const redis = await startCluster({ replicas: 1 })
  opened.defer(() => redis.stop())
  const journal = await startJournal('SQLite', opened)
  const { bff } = await startReplicas({ REDIS_URL: redis.url, ...journal.env }, opened)
  const all = opened.move()
  return { bff, redis: failOverOf(redis), [Symbol.asyncDispose]: () => all.disposeAsync() }
}

const row = <S extends ClusterScene>(name: string, failOver: (scene: S) => FailOver, loss: Loss): Fault<S> => ({
  name,
  make: (scene) => failOver(scene)(loss),
})
export const failovers: readonly Fault<StandbyScene>[] = [
  row('Redis with a Sentinel: master killed', ({ redis }) => redis, 'SIGKILL'),
  row('Redis with a Sentinel: master hangs', ({ redis }) => redis, 'SIGSTOP'),
  row('PostgreSQL: primary killed, standby promoted', ({ postgres }) => postgres, 'SIGKILL'),
  row('PostgreSQL: primary hangs, standby promoted', ({ postgres }) => postgres, 'SIGSTOP'),
]
export const clusterFailovers: readonly Fault<ClusterScene>[] = [
  row('Redis Cluster: master killed', ({ redis }) => redis, 'SIGKILL'),
  row('Redis Cluster: master hangs', ({ redis }) => redis, 'SIGSTOP'),
]
