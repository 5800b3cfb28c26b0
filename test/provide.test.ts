/** `npm run provide` installs in continuous integration, or when somebody agrees; `npm run bench -- --help` starts nothing. apt-get and npm are scripts here that only note that they ran. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
    expect(ran()).toMatch(/^apt-get update -o Acquire::Retries=3 .*\napt-get install -y --no-install-recommends -o .* chromium/)
    expect(output).toContain('Installing for the tests: ')
    expect([status, output]).toEqual([1, expect.stringContaining('Not installed, so not tested: ')])
  })
})

describe('.ci/run', () => {
  /** With an npm that fails so many times before its first success at a command. */
  const ciRun = (command: string, failures: number) => {
    mkdirSync(join(folder, '.ci'))
    copyFileSync('.ci/run', join(folder, '.ci/run'))
    const npm = `#!/bin/sh\necho "npm $*" >> ${folder}/ran\n[ "$*" != '${command}' ] || [ $(grep -c '^npm ${command}$' ${folder}/ran) -gt ${failures} ]\n`
    writeFileSync(join(folder, 'bin/npm'), npm, { mode: 0o755 })
    writeFileSync(join(folder, 'bin/sleep'), '#!/bin/sh\n', { mode: 0o755 })
    const { status } = run('bash', [join(folder, '.ci/run')], { env: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}` } })
    const times = (words: string): number =>
      ran()
        .split('\n')
        .filter((line) => line === `npm ${words}`).length
    return { status, times }
  }

  test.each(['ci --no-audit --no-fund', 'run provide'])('asks the network again for npm %s, three times at most', (command) => {
    const mended = ciRun(command, 2)
    expect([mended.times(command), mended.times('test')]).toEqual([3, 1])
    rmSync(join(folder, 'ran'))
    rmSync(join(folder, '.ci'), { recursive: true })
    const broken = ciRun(command, 3)
    expect([broken.status, broken.times(command), broken.times('test')]).toEqual([1, 3, 0])
  })

  test('gives tests no second try', () => {
    const { status, times } = ciRun('test', 1)
    expect([status, times('test')]).toEqual([1, 1])
  })
})

test('bench --help says what its columns are, and measures nothing', () => {
  const { status, output } = run(process.execPath, [resolve('test/bench/run.ts'), '--help'])
  expect(status).toBe(0)
  for (const column of ['OURS', 'BARE', 'HAND', 'PAST']) expect(output).toMatch(new RegExp(`^${column}: .{10}`, 'm'))
  expect(output).not.toMatch(/\d %|µs/)
})
