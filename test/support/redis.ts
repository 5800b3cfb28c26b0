/** A Redis of the test run's own, on a unix socket in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { endProcess } from './child-process.ts'
import './ends-children.ts'
import { until } from './until.ts'

export interface TestRedis {
  /** The socket's path, which is a valid REDIS_URL. */
  readonly url: string
  readonly process: ChildProcess
  stop(): Promise<void>
}

/** The service waits 200 ms for it, also where other tests take the processors. Not in the bench. */
export const prefer = (child: ChildProcess): ChildProcess => {
  try {
    if (process.env['NODE_ENV'] === 'test') setPriority(child.pid!, -10)
  } catch {
    // Only root may.
  }
  return child
}

export const redisInstalled = (): boolean => spawnSync('redis-server', ['--version']).status === 0

/** Its socket is there before it takes connections, and it takes connections before it has read its snapshot. */
const answers = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = connect(socket, () => asked.write('PING\r\n'))
    const end = (is: boolean): void => {
      asked.destroy()
      resolve(is)
    }
    asked.once('data', (said) => end(!String(said).startsWith('-LOADING')))
    asked.once('error', () => end(false)).once('end', () => end(false))
  })

/** Options as on the command line of redis-server, after those of the tests. */
export const startRedis = (options: readonly string[] = []): Promise<TestRedis> =>
  startRedisIn(mkdtempSync(join(tmpdir(), 'bff-redis-')), options)

/** In a folder where another one may have died: it begins empty, at the same address. */
export const startRedisIn = async (folder: string, options: readonly string[] = []): Promise<TestRedis> => {
  const socket = join(folder, 's')
  rmSync(socket, { force: true })
  const child = spawn(
    'redis-server',
    [
      '--port',
      '0',
      '--unixsocket',
      socket,
      '--save',
      '',
      '--appendonly',
      'no',
      '--maxmemory-policy',
      'noeviction',
      '--dir',
      folder,
      ...options,
    ],
    { stdio: 'ignore' },
  )
  prefer(child)
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  await until(async () => (await answers(socket)) || hasEnded())
  if (hasEnded()) throw new Error('redis-server did not start')
  const stop = async () => {
    await endProcess(child)
    rmSync(folder, { recursive: true, force: true })
  }
  return { url: socket, process: child, stop }
}
