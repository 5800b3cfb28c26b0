/** A log file on a disk that hangs held the event loop in the middle of a write: health, requests and SIGTERM waited with it. A pipe opened like a file hangs in the same way. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, read, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createLogOutput } from '../../../src/platform/log/output.ts'
import { createStandardError, toFile } from '../../../src/platform/log/targets.ts'

const folder = mkdtempSync(join(tmpdir(), 'bff-log-'))
const pipe = join(folder, 'pipe')
beforeAll(() => void execFileSync('mkfifo', [pipe]))
afterAll(() => rmSync(folder, { recursive: true }))

const told = (dropped: number): string => `${JSON.stringify({ dropped })}\n`
const line = (at: number): string => `${JSON.stringify({ at, text: 'x'.repeat(1_000) })}\n`

test('the event loop goes on, what is beyond the bound is dropped and counted, and told once the disk is back', async () => {
  const fd = openSync(pipe, constants.O_RDWR)
  const out = createLogOutput(fd, told, toFile)
  for (let at = 0; at < 3_000; at += 1) out.write(line(at))
  expect(out.dropped()).toBeGreaterThan(1_000)
  expect(out.stalls()).toBe(1)
  // As long as the disk hangs, whoever closes waits for its time alone.
  await out.close(10)
  let text = ''
  const bytes = Buffer.alloc(65_536)
  const readOn = async (until: () => boolean): Promise<void> => {
    while (!until()) text += bytes.toString('latin1', 0, (await promisify(read)(fd, bytes, 0, bytes.length, null)).bytesRead)
  }
  const lines = (): { at?: number; dropped?: number }[] =>
    text
      .split('\n')
      .slice(0, -1)
      .map((it) => JSON.parse(it))
  await readOn(() => lines().length === 3_000 - out.dropped())
  expect(lines().map(({ at }) => at)).toEqual(Array.from({ length: 3_000 - out.dropped() }, (_, at) => at))
  text = ''
  for (let at = 0; at < 20; at += 1) out.write(line(at))
  await readOn(() => text.endsWith('\n'))
  expect(lines()[0]).toEqual({ dropped: out.dropped() })
  await out.close()
  closeSync(fd)
})

test('lines for people on standard error hold nothing either: while one hung, no worker that had died was replaced', async () => {
  const fd = openSync(pipe, constants.O_RDWR)
  const errors = createStandardError(fd, toFile)
  const said = Array.from({ length: 200 }, (_, at) => `worker ${at} ${'x'.repeat(1_000)}`)
  for (const it of said) errors.say(it)
  // Waits a bounded time, since nobody reads.
  await errors.close()
  let text = ''
  const bytes = Buffer.alloc(65_536)
  while (text.split('\n').length <= said.length)
    text += bytes.toString('latin1', 0, (await promisify(read)(fd, bytes, 0, bytes.length, null)).bytesRead)
  expect(text.trimEnd().split('\n')).toEqual(said)
  closeSync(fd)
})

const program = `
  import { createLogOutput } from './src/platform/log/output.ts'
  import { toFile } from './src/platform/log/targets.ts'
  const out = createLogOutput(3, () => '', toFile)
  process.once('exit', out.leave)
  out.write('x'.repeat(Number(process.argv[1])) + '\\n')
  await out.close(1_000)
  out.write('the last line\\n')
  process.exit(0)`

/** With how many characters the pipe is to be filled. */
const run = async (count: number, fd: number): Promise<unknown[]> => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, String(count)], {
    stdio: ['ignore', 'inherit', 'inherit', fd],
  })
  return await once(child, 'exit')
}

test('the end of the process does not wait for the disk, for which Node would wait', async () => {
  const fd = openSync(pipe, constants.O_RDWR)
  expect(await run(1_000_000, fd)).toEqual([null, 'SIGKILL'])
  closeSync(fd)
})

test('a disk that does not hang has all lines at the end, the last one too', async () => {
  const fd = openSync(pipe, constants.O_RDWR)
  expect(await run(1_000, fd)).toEqual([0, null])
  const bytes = Buffer.alloc(65_536)
  const { bytesRead } = await promisify(read)(fd, bytes, 0, bytes.length, null)
  expect(bytes.toString('latin1', 0, bytesRead)).toBe(`${'x'.repeat(1_000)}\nthe last line\n`)
  closeSync(fd)
})
