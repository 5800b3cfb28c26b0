/** `npm run provide` installs in continuous integration, or when somebody agrees; `npm run bench -- --help` starts nothing. apt-get and npm are scripts here that only note that they ran. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bff-provide-'))
  for (const part of ['bin', 'test/consumers/node_modules']) mkdirSync(join(folder, part), { recursive: true })
  for (const program of ['apt-get', 'npm'])
    writeFileSync(join(folder, 'bin', program), `#!/bin/sh\necho "${program} $*" >> ${folder}/ran\n`, { mode: 0o755 })
  // The packages of consumers count as installed.
  for (const file of ['package-lock.json', 'node_modules/.installed']) writeFileSync(join(folder, 'test/consumers', file), '{}')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const ran = () => (existsSync(join(folder, 'ran')) ? readFileSync(join(folder, 'ran'), 'utf8') : '')
const provide = [process.execPath, resolve('scripts/provide.ts')] as const
const run = (program: string, words: readonly string[], more: { env?: Record<string, string>; input?: string } = {}) => {
  const env = { PATH: join(folder, 'bin'), SHELL: '/bin/sh', ...more.env }
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, encoding: 'utf8', timeout: 60_000, ...more, env })
  return { status, output: stdout + stderr }
}

const asRoot = process.getuid?.() === 0 && existsSync('/usr/bin/script') ? describe : describe.skip
asRoot('provide', () => {
  test('installs nothing where nobody can be asked, says what goes untested and how to install it, and fails nothing', () => {
    const { status, output } = run(provide[0], [provide[1]])
    expect([status, ran()]).toEqual([0, ''])
    expect(output).toMatch(
      /^Not installed, so not tested: .*chromium \(the pages in a real browser\).*Install with: apt-get install .*chromium/m,
    )
    expect(output).not.toContain('[y/N]')
  })

  test.each([
    ['no', 'n\n', false],
    ['nothing', '\n', false],
    ['something else', 'yesterday\n', false],
    ['yes', 'y\n', true],
  ])('asks at a terminal, and takes %s for an answer', (_name, input, installs) => {
    const { output } = run('/usr/bin/script', ['-qec', provide.join(' '), '/dev/null'], { input })
    expect(output).toMatch(/Some tests need .*chromium.*\. Install that now\? \[y\/N\] /)
    expect(/^apt-get install -y .*chromium/m.test(ran())).toBe(installs)
    if (!installs) expect(ran()).toBe('')
  })

  test('installs unasked in continuous integration, where a program that stays away is a failure', () => {
    const { status, output } = run(provide[0], [provide[1]], { env: { CI: 'true' } })
    expect(ran()).toMatch(/^apt-get update\napt-get install -y --no-install-recommends .*chromium/)
    expect(output).toContain('Installing for the tests: ')
    expect([status, output]).toEqual([1, expect.stringContaining('Not installed, so not tested: ')])
  })
})

test('bench --help says what its columns are, and measures nothing', () => {
  const { status, output } = run(process.execPath, [resolve('test/bench/run.ts'), '--help'])
  expect(status).toBe(0)
  for (const column of ['OURS', 'BARE', 'HAND', 'PAST']) expect(output).toMatch(new RegExp(`^${column}: .{10}`, 'm'))
  expect(output).not.toMatch(/\d %|µs/)
})
