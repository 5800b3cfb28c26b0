/** TABLE: what fails, how it is made and mended, and before which journal. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Fault as Answer } from '../../src/dev/sandbox/faults.ts'
import type { TestProxy } from '../support/proxy.ts'
import type { JournalKind, Scene, Stage } from './outage-scene.ts'

export interface Fault<S extends Stage> {
  readonly name: string
  /** Makes it, and gives what mends it; undefined where this machine cannot make it. */
  readonly make: (scene: S) => Promise<(() => Promise<void>) | undefined>
}

/** Of a service whose Redis and journal are one server each. */
interface FaultOfOne extends Fault<Scene> {
  readonly journal: JournalKind
}

type Do = (scene: Scene) => unknown
const fault = (name: string, journal: JournalKind, make: Do, mend: Do): FaultOfOne => ({
  name,
  journal,
  make: async (scene) => {
    await make(scene)
    return async () => void (await mend(scene))
  },
})
const redis = (name: string, make: Do, mend: Do): FaultOfOne => fault(`Redis ${name}`, 'SQLite', make, mend)
const postgres = (name: string, make: Do, mend: Do): FaultOfOne => fault(`PostgreSQL ${name}`, 'PostgreSQL', make, mend)
const vendor = (name: string, answer: Answer): FaultOfOne =>
  fault(
    `vendor ${name}`,
    'SQLite',
    ({ bff }) => bff.sandbox.fault(answer),
    ({ bff }) => bff.sandbox.clearFaults(),
  )

const never = (): void => undefined
const closedPort = (name: string, proxy: (scene: Scene) => TestProxy): FaultOfOne =>
  fault(
    `${name} refuses connections`,
    'SQLite',
    (it) => proxy(it).listen(false),
    (it) => proxy(it).listen(true),
  )
const flapping = (name: string, journal: JournalKind, proxyOf: (scene: Scene) => TestProxy): FaultOfOne => ({
  name: `${name} there and away each 500 ms`,
  journal,
  make: async (scene) => {
    const proxy = proxyOf(scene)
    let isOpen = false
    proxy.open(isOpen)
    const timer = setInterval(() => {
      isOpen = !isOpen
      proxy.open(isOpen)
    }, 500)
    return async () => {
      clearInterval(timer)
      proxy.open(true)
    }
  },
})

const diskFull: FaultOfOne = {
  name: 'SQLite: disk full',
  journal: 'SQLite',
  make: async ({ journal }) => {
    if (!journal.isSmall) return undefined
    const other = new DatabaseSync(join(journal.folder, 'journal.db'), { timeout: 5_000 })
    // Else the write-ahead log is written over where it is, and needs no room for a long time.
    other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    other.close()
    const file = join(journal.folder, 'filler')
    for (const size of [65_536, 512])
      try {
        for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' })
      } catch {
        // Full, as it should be.
      }
    return async () => rmSync(file)
  },
}
const locked: FaultOfOne = {
  name: 'SQLite: locked',
  journal: 'SQLite',
  make: async ({ journal }) => {
    const other = new DatabaseSync(join(journal.folder, 'journal.db'))
    other.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE')
    return async () => {
      other.exec('ROLLBACK')
      other.close()
    }
  },
}
const readOnly =
  (on: boolean): Do =>
  ({ postgres: it }) => {
    it!.server.sql(`ALTER SYSTEM SET default_transaction_read_only = ${on ? 'on' : 'off'}`)
    it!.server.sql('SELECT pg_reload_conf()')
  }

/** A proxy that delays delays both ways. */
export const faults: readonly FaultOfOne[] = [
  redis(
    'stopped',
    (it) => it.redis.signal('SIGSTOP'),
    (it) => it.redis.signal('SIGCONT'),
  ),
  redis(
    'killed, started again',
    (it) => it.redis.kill(),
    (it) => it.redis.startAgain(),
  ),
  redis(
    '200 ms slow',
    (it) => it.redis.proxy.delay(100),
    (it) => it.redis.proxy.delay(0),
  ),
  redis(
    '2 s slow',
    (it) => it.redis.proxy.delay(1_000),
    (it) => it.redis.proxy.delay(0),
  ),
  redis(
    'full',
    (it) => it.redis.command('CONFIG', 'SET', 'maxmemory', '1'),
    (it) => it.redis.command('CONFIG', 'SET', 'maxmemory', '0'),
  ),
  redis(
    'read-only',
    (it) => it.redis.command('REPLICAOF', '127.0.0.1', '1'),
    (it) => it.redis.command('REPLICAOF', 'NO', 'ONE'),
  ),
  closedPort('Redis', ({ redis: it }) => it.proxy),
  flapping('Redis', 'SQLite', ({ redis: it }) => it.proxy),
  { name: 'Redis fails over to its replica', journal: 'SQLite', make: (it) => it.redis.failOver() },
  vendor('never answers', { hang: true }),
  vendor('2 s slow', { latency: 2_000 }),
  vendor('10 s slow', { latency: 10_000 }),
  vendor('503', { status: 503 }),
  vendor('resets', { reset: true }),
  closedPort('vendor', ({ vendor: it }) => it),
  flapping('vendor', 'SQLite', ({ vendor: it }) => it),
  diskFull,
  locked,
  postgres(
    'stopped',
    (it) => it.postgres!.server.signal('SIGSTOP'),
    (it) => it.postgres!.server.signal('SIGCONT'),
  ),
  postgres(
    'killed, started again',
    (it) => it.postgres!.server.stop(),
    (it) => it.postgres!.server.start(),
  ),
  postgres(
    'restarted at once',
    async (it) => {
      it.postgres!.server.stop()
      await it.postgres!.server.start()
    },
    never,
  ),
  flapping('PostgreSQL', 'PostgreSQL', ({ postgres: it }) => it!.proxy),
  postgres(
    '200 ms slow',
    (it) => it.postgres!.proxy.delay(100),
    (it) => it.postgres!.proxy.delay(0),
  ),
  postgres(
    '2 s slow',
    (it) => it.postgres!.proxy.delay(1_000),
    (it) => it.postgres!.proxy.delay(0),
  ),
  postgres('read-only', readOnly(true), readOnly(false)),
  fault('identity provider stopped', 'PostgreSQL', (it) => it.provider.stop(), never),
]
