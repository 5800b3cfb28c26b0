/** A project into which npm itself installs the package, by a lock file put together from the project's and ours: versions are exact, and no registry is asked which there are. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Package } from './install.ts'

type Entry = Readonly<Record<string, unknown>>
interface Lock {
  readonly packages: Record<string, Entry>
}

const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T

/** Ours lie below the package, where versions of the project's own do not meet them. */
const addTo = (folder: string, { tarball }: Package): void => {
  const [project, lock] = [read<Entry>(join(folder, 'package.json')), read<Lock>(join(folder, 'package-lock.json'))]
  const added = (entry: Entry | undefined) => ({
    ...entry,
    dependencies: { ...(entry?.['dependencies'] as Entry), 'smooch-bff': `file:${tarball}` },
  })
  const { version, bin, engines, dependencies, peerDependencies, peerDependenciesMeta } = read<Entry>('package.json')
  const place = 'node_modules/smooch-bff'
  lock.packages[''] = added(lock.packages[''])
  lock.packages[place] = {
    ...{ version, bin, engines, dependencies, peerDependencies, peerDependenciesMeta, resolved: `file:${tarball}` },
    integrity: `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`,
  }
  for (const [path, entry] of Object.entries(read<Lock>('package-lock.json').packages))
    if (path && !entry['dev'] && !entry['devOptional']) lock.packages[`${place}/${path}`] = entry
  writeFileSync(join(folder, 'package.json'), JSON.stringify(added(project)))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
}

const empty = {
  'package.json': { name: 'empty', type: 'module' },
  'package-lock.json': { name: 'empty', lockfileVersion: 3, requires: true, packages: { '': { name: 'empty' } } },
}

export interface NpmProject extends Disposable {
  readonly folder: string
  write(file: string, text: string): void
  /** A program of the system or of the project, which is run by the project's Node. */
  run(program: string, ...words: readonly string[]): { readonly status: number | null; readonly output: string }
}

interface Options {
  /** A folder here to begin with, which has a lock; by default an empty project. */
  readonly from?: string
  readonly packed?: Package
  /** By default the one that runs the tests. */
  readonly node?: string
}

export const npmProject = ({ from, packed, node = process.execPath }: Options): NpmProject => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-project-'))
  const env = {
    PATH: `${join(folder, 'node_modules/.bin')}:${dirname(node)}:${process.env['PATH']}`,
    HOME: process.env['HOME'],
    NO_COLOR: '1',
  }
  if (from) cpSync(resolve('test/package', from), folder, { recursive: true })
  else for (const [file, content] of Object.entries(empty)) writeFileSync(join(folder, file), JSON.stringify(content))
  if (packed) addTo(folder, packed)
  const words = ['ci', '--prefer-offline', '--engine-strict', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  // Registry, proxy and certificates are the caller's own, whichever variables tell them.
  execFileSync('npm', words, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'], timeout: 300_000 })
  return {
    folder,
    write: (file, text) => writeFileSync(join(folder, file), text),
    run: (program, ...rest) => {
      const { status, stdout, stderr } = spawnSync(program, rest, { cwd: folder, env, encoding: 'utf8', timeout: 120_000 })
      return { status, output: `${stdout}${stderr}` }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
