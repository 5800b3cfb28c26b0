/** The service with everything it depends on, each behind something that can fail. */
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import type { Bff } from '../support/bff.ts'
import { findPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import type { TestProvider } from '../support/provider.ts'
import { startProxy, type TestProxy } from '../support/proxy.ts'
import { startRedis, startRedisIn } from '../support/redis.ts'
import { startWithProvider } from '../support/with-provider.ts'

export type JournalKind = 'SQLite' | 'PostgreSQL'

export interface Scene extends AsyncDisposable {
  readonly bff: Bff
  readonly provider: TestProvider
  readonly redis: {
    readonly proxy: TestProxy
    signal(signal: NodeJS.Signals): void
    command(...words: string[]): void
    kill(): Promise<void>
    /** With what it had on disk. */
    startAgain(): Promise<void>
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

const startJournal = async (kind: JournalKind, all: AsyncDisposableStack) => {
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
  const socket = join(new URL(server.url()).searchParams.get('host')!, '.s.PGSQL.5432')
  const proxy = all.use(await startProxy(socket))
  const env = {
    JOURNAL_URL: `postgres://postgres@127.0.0.1:${proxy.port}/postgres`,
    JOURNAL_SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    JOURNAL_SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
  }
  return { folder, isSmall, env, postgres: { server, proxy } }
}

export const startScene = async (kind: JournalKind): Promise<Scene> => {
  await using opened = new AsyncDisposableStack()
  let redis = await startRedis(onDisk)
  opened.defer(() => redis.stop())
  const proxy = opened.use(await startProxy(redis.url))
  const { env, postgres, ...journal } = await startJournal(kind, opened)
  const service = opened.use(await startWithProvider({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, ...env }))
  const all = opened.move()
  return {
    bff: service.bff,
    provider: service.provider,
    postgres,
    journal,
    redis: {
      proxy,
      signal: (signal) => void redis.process.kill(signal),
      command: (...words) => void execFileSync('redis-cli', ['-s', redis.url, ...words], { stdio: 'ignore' }),
      kill: async () => {
        const dead = once(redis.process, 'exit')
        redis.process.kill('SIGKILL')
        await dead
      },
      startAgain: async () => {
        redis = await startRedisIn(dirname(redis.url), onDisk)
      },
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
