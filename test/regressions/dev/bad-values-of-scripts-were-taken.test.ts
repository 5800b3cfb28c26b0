/** What a script was given and could not use it passed over: `bench --only hott` measured nothing and was content, `derive --chek` wrote files, `--seconds ten` was no time at all; the stand-in took a port, an id or a path as they stood, and failed elsewhere, or later. */
import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

const run = (file: string, words: readonly string[], env: Record<string, string> = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...words], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', ...env },
    timeout: 120_000,
  })
  return { status, stdout, said: stderr.split('\n').filter((line) => line !== '' && !line.startsWith('oidc-provider')) }
}

test.each([
  ['test/bench/run.ts', ['--only', 'hott'], 'npm run bench: --only is one of hot, pass, '],
  [
    'test/bench/run.ts',
    ['--rounds', '0'],
    'npm run bench: --rounds is a whole number from 1 to 100, and "0" is not; it takes --help, --only',
  ],
  ['test/fuzz/run.ts', ['--requests', '1e9'], 'npm run fuzz: --requests is a whole number from 1 to 100000, and "1e9" is not'],
  [
    'test/soak/restart.ts',
    ['--proxies', 'nginx,apache'],
    'npm run soak:restart: --proxies is a comma list, each one of nginx, haproxy, caddy, and',
  ],
  ['test/soak/rotation.ts', ['--seconds', 'ten'], 'npm run soak:rotation: --seconds is a whole number from 1 to 3600, and "ten" is not'],
  ['test/soak/slow-clients.ts', ['--share', '0'], 'npm run soak:clients: --share is a number above 0, up to 1, and "0" is not'],
  ['test/soak/journal.ts', ['kills'], "npm run soak:journal: Unexpected argument 'kills'"],
  ['scripts/derive.ts', ['--chek'], "npm run derive: Unknown option '--chek'"],
  ['scripts/provide.ts', ['--yes'], "npm run provide: Unknown option '--yes'"],
  ['scripts/sbom.ts', ['out.json'], "npm run sbom: Unexpected argument 'out.json'"],
])('%s %j is refused in one line', (file, words, line) => {
  expect(run(file, words)).toEqual({ status: 2, stdout: '', said: [expect.stringContaining(line)] })
})

test.each([
  ['sandbox', 'SANDBOX_PORT', '1e3', 'SANDBOX_PORT is "1e3", but must be a port, 0 to 65535'],
  ['demo', 'SANDBOX_PORT', '70000', 'SANDBOX_PORT is "70000", but must be a port, 0 to 65535'],
  ['sandbox', 'SANDBOX_APP_ID', 'a b/c', 'SANDBOX_APP_ID is "a b/c", but must be an app id'],
  ['demo', 'SANDBOX_APP_ID', 'a b/c', 'SANDBOX_APP_ID is "a b/c", but must be an app id'],
  ['sandbox', 'SANDBOX_PREFIX', 'sc', 'SANDBOX_PREFIX is "sc", but must be a path such as /sc'],
  ['sandbox', 'SANDBOX_KEY_ID', 'my:key', 'SANDBOX_KEY_ID is "my:key", but must be the id of a key: app_… or act_…'],
  ['sandbox', 'SANDBOX_KEY_SECRET', 'unmistakable', 'SANDBOX_KEY_SECRET must be at least 16 characters without spaces'],
  ['sandbox', 'SANDBOX_HOST', '203.0.113.7', 'SANDBOX_HOST is no address of this machine'],
])('the %s says what is wrong with %s=%s', (command, name, value, fault) => {
  const { status, stdout, said } = run(`src/dev/${command}/main.ts`, [], { SANDBOX_PORT: '0', PORT: '0', PRIVATE_PORT: '0', [name]: value })
  expect({ status, stdout, said: said.join() }).toEqual({
    status: 1,
    stdout: '',
    said: expect.stringContaining(`could not start: ${fault}`),
  })
  expect(said.join()).not.toContain('unmistakable')
})
