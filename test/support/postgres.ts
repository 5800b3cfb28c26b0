/** A PostgreSQL of the tests' own, on a unix socket in a temporary directory. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import './ends-children.ts'
import { onceARun } from './once-a-run.ts'
import { until } from './until.ts'

const pause = new Int32Array(new SharedArrayBuffer(4))

const candidates = (): string[] => {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : []
  return [...versions, '/usr/local/bin', '/usr/bin', '/opt/homebrew/bin']
}

/** Where the server's programs are; undefined, with one clear line, when there are none (an error in CI). */
export function findPostgres(): string | undefined {
  const found = candidates().find((directory) => existsSync(join(directory, 'initdb')) && existsSync(join(directory, 'postgres')))
  const lack = 'PostgreSQL is not installed, so its store is not tested here: apt-get install postgresql'
  if (!found && process.env['CI']) throw new Error(lack)
  if (!found) process.stderr.write(`${lack}\n`)
  return found
}

export interface Postgres extends AsyncDisposable {
  url(database?: string, user?: string): string
  readonly socket: string
  sql(text: string, database?: string): string
  signal(signal: NodeJS.Signals): void
  stop(): void
  start(): Promise<void>
  /** From a standby to a primary. */
  promote(): void
  /** A standby, on a socket of its own, for which each commit waits. */
  standby(): Promise<Postgres>
}

interface PostgresListener {
  readonly port: number
  /** Given to the server's own user, as it wants. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string }
}

/** On a socket; with `listener` also at localhost, where it speaks TLS. */
export const startPostgres = (bin: string, listener?: PostgresListener): Promise<Postgres> => startServer(bin, listener)

/** An empty cluster. In a run of tests one is made and copied, which takes a tenth of the processor time. */
function initialise(cluster: string, run: (program: string, args: string[]) => string): void {
  const copy = (from: string, to: string) => execFileSync('cp', ['-a', from, to])
  const make = () => run('initdb', ['-D', cluster, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C'])
  const made = onceARun('cluster', (place) => {
    // In the folder of this one, since the shared one is not the user's of PostgreSQL.
    make()
    copy(cluster, place)
  })
  if (made === undefined) make()
  else if (!existsSync(cluster)) copy(made, cluster)
}

/** With `source`, the folder of another one's socket, it is a standby of that one. */
async function startServer(bin: string, listener?: PostgresListener, source?: string): Promise<Postgres> {
  const directory = mkdtempSync(join(tmpdir(), 'pg-'))
  const asRoot = process.getuid?.() === 0
  // It refuses to run as root; setpriv becomes the server, where runuser would stay beside it and stop when it is paused.
  const as = (program: string, args: string[]): [string, string[]] =>
    asRoot
      ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', join(bin, program), ...args]]
      : [join(bin, program), args]
  const run = (program: string, args: string[]): string =>
    execFileSync(...as(program, args), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (asRoot) execFileSync('chown', ['postgres', directory])
  const cluster = join(directory, 'cluster')
  const port = String(listener?.port ?? 5432)
  if (source === undefined) initialise(cluster, run)
  else run('pg_basebackup', ['-D', cluster, '-h', source, '-U', 'postgres', '-R', '-X', 'stream', '-c', 'fast', '--no-sync'])
  const given = Object.entries(listener?.tls ?? {}).map(([name, text]) => {
    const path = join(directory, name)
    writeFileSync(path, text, { mode: 0o600 })
    if (asRoot) execFileSync('chown', ['postgres', path])
    return `ssl_${name}_file=${path}`
  })
  const tls = listener ? ['ssl=on', ...given] : []
  const pidFile = join(cluster, 'postmaster.pid')
  const lines = (): string[] => readFileSync(pidFile, 'utf8').split('\n')
  const pid = (): number => Number(lines()[0])
  const children = (): number[] =>
    execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid())], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
      .map(Number)
  const start = async (): Promise<void> => {
    const [program, args] = as('postgres', [
      '-D',
      cluster,
      '-k',
      directory,
      '-c',
      `listen_addresses=${listener ? '127.0.0.1' : ''}`,
      '-p',
      port,
      ...tls.flatMap((setting) => ['-c', setting]),
      '-c',
      'shared_buffers=16MB',
      '-c',
      'max_connections=60',
      '-c',
      // Else each stop by force leaves its files in /dev/shm.
      'dynamic_shared_memory_type=mmap',
    ])
    const server = spawn(program, args, { stdio: 'ignore', detached: true })
    server.unref()
    // As pg_ctl does it; each look by a program of its own would take more than the server takes to start.
    await until(() => existsSync(pidFile) && pid() === server.pid && lines()[7]?.trim() === 'ready')
  }
  const stop = (): void => {
    process.kill(pid(), 'SIGQUIT')
    for (let waitedMs = 0; existsSync(pidFile); waitedMs += 5) {
      if (waitedMs > 60_000) throw new Error('PostgreSQL does not end')
      Atomics.wait(pause, 0, 0, 5)
    }
  }
  await start()
  const sql: Postgres['sql'] = (text, database = 'postgres') =>
    run('psql', [
      '-h',
      directory,
      '-p',
      port,
      '-U',
      'postgres',
      '-d',
      `dbname=${database} options='-c default_transaction_read_only=off'`,
      '-qAtX',
      '-v',
      'ON_ERROR_STOP=1',
      '-c',
      text,
    ])
  return {
    socket: join(directory, `.s.PGSQL.${port}`),
    url: (database = 'postgres', user = 'postgres') => `postgres://${user}@localhost/${database}?host=${encodeURIComponent(directory)}`,
    sql,
    promote: () => {
      // Else it would wait for a standby of its own.
      for (const text of ["ALTER SYSTEM SET synchronous_standby_names = ''", 'SELECT pg_reload_conf()']) if (source !== undefined) sql(text)
      run('pg_ctl', ['-D', cluster, '-W', 'promote'])
    },
    standby: async () => {
      const standby = await startServer(bin, undefined, directory)
      sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
      sql('SELECT pg_reload_conf()')
      await until(() => sql("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").trim() === '1', undefined, 50)
      return standby
    },
    signal: (signal) => {
      // The server first: it would start another process while those that it has are stopped.
      if (signal === 'SIGSTOP') process.kill(pid(), signal)
      for (const it of [...children(), pid()])
        try {
          process.kill(it, signal)
        } catch {
          // A worker that has ended meanwhile.
        }
    },
    stop,
    start,
    [Symbol.asyncDispose]: () => {
      try {
        stop()
      } catch {
        // Stopped by the test itself.
      }
      rmSync(directory, { recursive: true, force: true })
      return Promise.resolve()
    },
  }
}
