/** `init` that failed half-way left what it had written, and the next one refused to go on from it. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from '@jest/globals'
import { folderPerTest } from '../../config/env.ts'

const inFolder = folderPerTest()

test('what was written is taken away again when one file cannot be', () => {
  mkdirSync(inFolder('secrets'))
  // Leads nowhere, so that it is not there, and yet cannot be made.
  symlinkSync(inFolder('nowhere', 'keys'), inFolder('secrets', 'session_keys'))
  const { status, stderr } = spawnSync(process.execPath, [resolve('src/cli/init/main.ts')], { cwd: inFolder(), encoding: 'utf8' })
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^nothing was written: EEXIST.*session_keys'\n$/)])
  expect(['.env', 'compose.yml', 'secrets/.gitignore'].filter((name) => existsSync(inFolder(name)))).toEqual([])
})
