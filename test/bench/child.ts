/** The other side of a bench process: it says where it listens, and tells its CPU time and memory when asked, outside the measured path. */
import { type ChildProcess, fork } from 'node:child_process'
import { openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** In the child: ready, and what the parent may need to know. */
export const ready = (told: Record<string, string>): void => {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: user + system, rss: process.memoryUsage.rss() })
  })
  process.on('disconnect', () => process.exit())
  process.send?.(told)
}

export interface Usage {
  /** Microseconds of CPU time so far, user and system. */
  readonly cpu: number
  /** Bytes. */
  readonly rss: number
}

export interface Running {
  readonly told: Record<string, string>
  readonly pid: number
  usage(): Promise<Usage>
  stop(): Promise<void>
}

const next = (child: ChildProcess): Promise<Record<string, unknown>> =>
  new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Record<string, unknown>))
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code}`)))
  })

/** As `npm start` has it, for the references too. Without the first Node compiles its tool for stripping types, which takes 40 MB; in a folder of their own,
 * since V8 takes no code that was compiled under other flags, and the service sets some. */
export const asStarted = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/bench', import.meta.url)),
  MALLOC_ARENA_MAX: '2',
}

/** In the parent. Standard output goes to a file, as a log would. */
export const start = async (file: string, env: Record<string, string>, log: string, execArgv: string[] = []): Promise<Running> => {
  const out = openSync(log, 'a')
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    env: { ...asStarted, ...env, PATH: process.env['PATH'] ?? '' },
    execArgv,
    stdio: ['ignore', out, 'inherit', 'ipc'],
  })
  child.setMaxListeners(0)
  const told = (await next(child)) as Record<string, string>
  return {
    told,
    pid: child.pid!,
    usage: async () => {
      const answer = next(child)
      child.send('usage')
      const { cpu, rss = Number.NaN } = (await answer) as Partial<Usage>
      return { cpu: cpu!, rss }
    },
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.disconnect()
      await ended
    },
  }
}
