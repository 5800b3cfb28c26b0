/** The anchor in a real Redis: it only rises, unless a person sets it back. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { anchorInMemory, anchorOn } from '../../src/journal/log/anchor.ts'

const marks = [3, 9, 5].map((size) => ({ size, root: `root${size}` }))

const rises = async (anchor: ReturnType<typeof anchorInMemory>): Promise<void> => {
  expect(await anchor.highest('j_1')).toBeUndefined()
  expect(await anchor.last()).toBeUndefined()
  for (const mark of marks) await anchor.raise('j_1', mark)
  // Whatever emptied it meanwhile, the next commit brings back all that is needed to miss this journal.
  expect(await anchor.last()).toBe('j_1')
  expect(await anchor.highest('j_1')).toEqual(marks[1])
  expect(await anchor.highest('j_2')).toBeUndefined()
  await anchor.reset('j_1', marks[0]!)
  expect(await anchor.highest('j_1')).toEqual(marks[0])
  for (const journal of ['j_1', 'j_2']) {
    await anchor.use(journal)
    expect(await anchor.last()).toBe(journal)
  }
}

test('in memory', () => rises(anchorInMemory()))

test('in Redis', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'anchor-'))
  const path = join(directory, 'redis.sock')
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', ''], { stdio: ['ignore', 'pipe', 'ignore'] })
  server.on('error', () => {})
  const redis = new Redis({ path, lazyConnect: true, retryStrategy: (times) => (times < 60 ? 50 : null) })
  redis.on('error', () => {})
  try {
    await redis.connect().catch(() => {})
    await rises(anchorOn({ command: (name, ...args) => redis.call(name, ...args) }, 'here'))
  } finally {
    redis.disconnect()
    server.kill()
    if (server.pid !== undefined && server.exitCode === null) await once(server, 'exit')
    rmSync(directory, { recursive: true })
  }
})
