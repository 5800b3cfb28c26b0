/** Two replicas of the service with everything they depend on, each behind something that can fail. */
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { type Bff, startBff } from '../support/bff.ts'
import { freePort } from '../support/free-port.ts'
import { findPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import type { TestProvider } from '../support/provider.ts'
import { startProxy, type TestProxy } from '../support/proxy.ts'
import { startRedis, startRedisIn, type TestRedis } from '../support/redis.ts'
import { providerEnv, startWithProvider } from '../support/with-provider.ts'

export type JournalKind = 'SQLite' | 'PostgreSQL'

export interface Stage {
  /** The first replica, but for calls: every other one goes to the second. */
  readonly bff: Bff
}

export interface Scene extends Stage, AsyncDisposable {
  readonly vendor: TestProxy
  readonly provider: TestProvider
  readonly redis: {
    readonly proxy: TestProxy
    signal(signal: NodeJS.Signals): void
    command(...words: string[]): void
    kill(): Promise<void>
    /** With what it had on disk. */
    startAgain(): Promise<void>
    /** Among the next calls it dies, and a second later its address leads to what was its replica; what it gives waits for that. */
    failOver(): Promise<() => Promise<void>>
  }
  /** Present when the journal lies in PostgreSQL. */
  readonly postgres?: { readonly server: Postgres; readonly proxy: TestProxy } | undefined
  /** The folder of the journal in SQLite, and whether it is a small disk of its own. */
  readonly journal: { readonly folder: string; readonly isSmall: boolean }
}

/** Only root may mount; elsewhere the disk is the machine's, and is not filled. */
const smallDisk = (folder: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const onDisk = ['--appendonly', 'yes', '--appendfsync', 'always']

export const journalEnv = (url: string, signing: KeyObject): Record<string, string> => ({
  JOURNAL_URL: url,
  JOURNAL_SIGNING_KEY: signing.export({ type: 'pkcs8', format: 'pem' }).toString(),
  JOURNAL_SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
})

export const startJournal = async (kind: JournalKind, all: AsyncDisposableStack) => {
  const bin = kind === 'PostgreSQL' ? findPostgres() : undefined
  if (kind === 'PostgreSQL' && !bin) throw new Error('PostgreSQL is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'bff-outage-'))
  all.defer(() => rmSync(folder, { recursive: true, force: true }))
  const isSmall = bin === undefined && smallDisk(folder)
  if (isSmall) all.defer(() => void execFileSync('umount', ['--lazy', folder]))
  if (!bin) return { folder, isSmall, env: { JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}` } }
  const server = all.use(await startPostgres(bin))
  const { privateKey } = generateKeyPairSync('ed25519')
  await createPostgres(server.url(), privateKey)
  const proxy = all.use(await startProxy(server.socket))
  const env = journalEnv(`postgres://postgres@127.0.0.1:${proxy.port}/postgres`, privateKey)
  return { folder, isSmall, env, postgres: { server, proxy } }
}

const redisCli = ({ url }: TestRedis, ...words: string[]): string => execFileSync('redis-cli', ['-s', url, ...words], { encoding: 'utf8' })

const startReplicaOf = async (master: TestRedis, port: string): Promise<TestRedis> => {
  const replica = await startRedis([...onDisk, '--replicaof', '127.0.0.1', port, '--repl-diskless-sync-delay', '0'])
  for (let tries = 0; !redisCli(replica, 'INFO', 'replication').includes('master_link_status:up'); tries += 1) {
    if (tries === 100 || master.process.exitCode !== null) throw new Error('the replica of Redis did not come up')
    await sleep(50)
  }
  return replica
}

/** Two of them, and the vendor behind something that can fail. */
export const startReplicas = async (given: Record<string, string>, opened: AsyncDisposableStack) => {
  // Led to the stand-in once that is there.
  const vendor = opened.use(await startProxy(0))
  const env = { ...given, SMOOCH_BASE_URL: `http://127.0.0.1:${vendor.port}` }
  const { bff: first, provider } = opened.use(await startWithProvider(env))
  vendor.lead(Number(new URL(first.sandbox.url).port))
  const second = opened.use(await startBff({ beside: first, env: { ...providerEnv(provider), ...env } }))
  let calls = 0
  const bff: Bff = { ...first, call: (...call) => (calls++ % 2 === 0 ? first : second).call(...call) }
  return { bff, vendor, provider }
}

export const startScene = async (kind: JournalKind): Promise<Scene> => {
  await using opened = new AsyncDisposableStack()
  const port = String(await freePort())
  let redis = await startRedis([...onDisk, '--port', port])
  opened.defer(() => redis.stop())
  const proxy = opened.use(await startProxy(redis.url))
  const { env: ofJournal, postgres, ...journal } = await startJournal(kind, opened)
  const replicas = await startReplicas({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, ...ofJournal }, opened)
  const all = opened.move()
  return {
    ...replicas,
    postgres,
    journal,
    redis: {
      proxy,
      signal: (signal) => void redis.process.kill(signal),
      command: (...words) => void redisCli(redis, ...words),
      kill: async () => {
        const dead = once(redis.process, 'exit')
        redis.process.kill('SIGKILL')
        await dead
      },
      startAgain: async () => {
        redis = await startRedisIn(dirname(redis.url), [...onDisk, '--port', port])
      },
      failOver: async () => {
        const [former, replica] = [redis, await startReplicaOf(redis, port)]
        redis = replica
        const over = (async () => {
          await sleep(500)
          await former.stop()
          await sleep(1_000)
          redisCli(replica, 'REPLICAOF', 'NO', 'ONE')
          proxy.lead(replica.url)
        })()
        return () => over
      },
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
