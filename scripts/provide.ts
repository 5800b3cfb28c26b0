/** Provides what the tests need from the system: installs it where that is allowed, else says in one line what to install. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Program → Debian package, and what goes untested without it. */
const needed = [
  { program: 'redis-server', debian: 'redis-server', for: 'the Redis stores' },
  { program: 'initdb', debian: 'postgresql', for: 'the journal in PostgreSQL' },
  { program: 'pgbouncer', debian: 'pgbouncer', for: 'the journal behind a pooler' },
  { program: 'nginx', debian: 'nginx-light', for: 'the service behind a caching proxy' },
  { program: 'chromium', debian: 'chromium', for: 'the pages in a real browser' },
] as const

const found = (program: string): boolean =>
  [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    ...[15, 16, 17, 18].map((version) => `/usr/lib/postgresql/${version}/bin`),
  ].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

const missing = () => needed.filter(({ program }) => !found(program))

const install = (packages: readonly string[]): void => {
  process.stderr.write(`Installing for the tests: ${packages.join(' ')} …\n`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const quiet = { env, stdio: 'ignore' } as const
  spawnSync('apt-get', ['update'], quiet)
  // Only the programs: no service of theirs is to start on this machine.
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { ...quiet, env: { ...env, RUNLEVEL: '1' } })
}

const allowed = process.getuid?.() === 0 && found('apt-get')
const before = missing()
if (before.length > 0 && allowed) install(before.map(({ debian }) => debian))
const after = missing()
if (after.length > 0) {
  const untested = after.map((it) => `${it.program} (${it.for})`).join(', ')
  process.stderr.write(
    `Not installed, so not tested: ${untested}. Install with: apt-get install ${after.map(({ debian }) => debian).join(' ')}\n`,
  )
  if (process.env['CI']) process.exitCode = 1
}
