/** The package as it is installed: packed as for the registry from a copy, unpacked into an empty folder. No registry is asked, so what it depends on is copied from here. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { onceARun } from '../support/once-a-run.ts'

const npm = (words: readonly string[], cwd = '.'): string =>
  execFileSync('npm', [...words], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

export interface Package extends Disposable {
  readonly tarball: string
  /** In the tarball. */
  readonly files: readonly string[]
}

const pages = ['README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE']
const sources = ['package.json', ...globSync('tsconfig*.json'), 'scripts', 'config', 'src', 'docs', ...pages]

const packInto = (folder: string): void => {
  mkdirSync(folder, { recursive: true })
  const copy = join(folder, 'source')
  for (const name of sources) cpSync(name, join(copy, name), { recursive: true })
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))
  writeFileSync(join(folder, 'packed.json'), npm(['pack', '--json', '--pack-destination', folder], copy))
  rmSync(copy, { recursive: true })
}

/** Once in a run of tests. */
export const pack = (): Package => {
  const shared = onceARun('package', packInto)
  const folder = shared ?? mkdtempSync(join(tmpdir(), 'bff-packed-'))
  if (shared === undefined) packInto(folder)
  const [packed] = JSON.parse(readFileSync(join(folder, 'packed.json'), 'utf8')) as [{ filename: string; files: { path: string }[] }]
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path),
    [Symbol.dispose]: () => {
      if (shared === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

const copyDependencies = (folder: string): void => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { dev?: true; devOptional?: true }>
  }
  for (const [path, { dev, devOptional }] of Object.entries(packages)) {
    // Packages within packages come with them.
    if (path && !dev && !devOptional && existsSync(path) && dirname(path).split('node_modules').length === 2)
      cpSync(path, join(folder, path), { recursive: true })
  }
}

export interface Installed extends Disposable {
  readonly folder: string
  /** Where the package lies in that folder. */
  readonly root: string
}

/** `dependencies: false`: the package alone, as the client needs no other. */
export const install = ({ tarball }: Package, { dependencies }: { dependencies: boolean }): Installed => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-package-'))
  const root = join(folder, 'node_modules/smooch-bff')
  mkdirSync(root, { recursive: true })
  execFileSync('tar', ['xzf', tarball, '-C', root, '--strip-components', '1'])
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: { 'smooch-bff': '*' } }))
  if (dependencies) copyDependencies(folder)
  // Links the commands of what is there.
  npm(['rebuild', '--offline', '--ignore-scripts'], folder)
  return { folder, root, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}
