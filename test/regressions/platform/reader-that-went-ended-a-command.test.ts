/** `npm run check | head -1` ended with a stack trace, and so did each command whose standard output met a full disk; the journal then ended with the code that says "not intact". */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { expect, test } from '@jest/globals'
import { makePlace } from '../../journal/place.ts'
import { processEnv } from '../../support/service-process.ts'

const path = { PATH: process.env['PATH'] ?? '' }
const checked = { ...path, ...processEnv }

test('a reader that goes ends a check without a word', async () => {
  const child = spawn(process.execPath, ['src/main.ts', 'check'], { env: checked, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.once('data', () => child.stdout.destroy())
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  expect([code, said]).toEqual([1, ''])
})

test('a disk that is full is said, with an exit code that is not that of an answer', async () => {
  await using place = makePlace()
  await (await place.open()).guard.close()
  const toFullDisk = (words: readonly string[], env: Record<string, string>) => {
    const { status, stderr } = spawnSync(process.execPath, words, {
      env: { ...path, ...env },
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    })
    return [status, String(stderr)]
  }
  const full = expect.stringMatching(/^standard output takes no more, so the answer is not whole: ENOSPC.*\n$/)
  expect(toFullDisk(['src/journal/cli/main.ts', 'verify'], place.env)).toEqual([3, full])
  expect(toFullDisk(['src/journal/cli/main.ts', 'export'], place.env)).toEqual([3, full])
  expect(toFullDisk(['src/main.ts', 'check'], processEnv)).toEqual([1, full])
  expect(toFullDisk(['src/webhooks/main.ts', 'help'], processEnv)).toEqual([1, full])
})
