/** A soak that was ended by SIGTERM left its Redis behind, and its PostgreSQL even on Ctrl-C: the first has no word of the end of its parent, the second a session of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from '@jest/globals'
import { findPostgres } from '../../support/postgres.ts'
import { redisInstalled } from '../../support/redis.ts'
import { until } from '../../support/until.ts'

const bin = findPostgres()
const when = redisInstalled() && bin !== undefined ? test : test.skip // Redis or PostgreSQL is not installed

const program = `
  import { execFileSync } from 'node:child_process'
  import { startPostgres } from './test/support/postgres.ts'
  import { startRedis } from './test/support/redis.ts'
  const [redis, stopped] = [await startRedis(), await startRedis()]
  stopped.process.kill('SIGSTOP')
  const postgres = await startPostgres(process.argv[1])
  console.log(redis.process.pid, stopped.process.pid, postgres.sql("SELECT pg_read_file('postmaster.pid')").split('\\n')[0])
  setInterval(() => undefined, 1_000)`

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

when.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('on %s its servers end before it', async (signal) => {
  const { JEST_WORKER_ID: _, ...env } = process.env
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, bin!], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const [line] = (await Promise.race([once(child.stdout!, 'data'), ended])) as [Buffer]
  const started = String(line).trim().split(' ').map(Number)
  expect(started).toHaveLength(3)
  expect(started.map(isThere)).toEqual([true, true, true])
  child.kill(signal)
  expect(await ended).toEqual([null, signal])
  // Whoever reaps those without a parent may need a moment.
  await until(() => !started.some(isThere))
  expect(started.map(isThere)).toEqual([false, false, false])
})
