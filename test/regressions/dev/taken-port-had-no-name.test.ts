/** Where the demo or the sandbox found a port taken, the error named the port and no setting. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from '@jest/globals'

test.each([
  ['src/dev/demo/main.ts', 'SANDBOX_PORT'],
  ['src/dev/demo/main.ts', 'PORT'],
  ['src/dev/demo/main.ts', 'PRIVATE_PORT'],
  ['src/dev/sandbox/main.ts', 'SANDBOX_PORT'],
])('%s says that %s is taken, and ends', async (file, setting) => {
  const folder = mkdtempSync(join(tmpdir(), 'taken-port-'))
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const child = spawn(process.execPath, [file], {
    env: {
      ...{
        PATH: process.env['PATH'],
        SANDBOX_PORT: '0',
        PORT: '0',
        PRIVATE_PORT: '0',
        JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}`,
      },
      [setting]: String(port),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  expect(said).toContain(` could not start: ${setting} is taken: end what uses it, or set another port`)
  expect(code).toBe(1)
  other.close()
  rmSync(folder, { recursive: true, force: true })
})
