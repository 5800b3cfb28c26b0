/** The image without an engine that builds it: what the Dockerfile says, and a folder as its /app would be. */
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const dockerfile = readFileSync('Dockerfile', 'utf8')
export const ignored = readFileSync('.dockerignore', 'utf8')
  .split('\n')
  .filter((line) => /^[\w.]/.test(line))

/** A folder as the image's /app would be. */
export const stage = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-image-'))
  for (const [, sources = ''] of dockerfile.matchAll(/^COPY (.+) \S+$/gm)) {
    for (const source of sources.split(' ').flatMap((pattern) => (pattern.includes('*') ? globSync(pattern) : [pattern])))
      cpSync(source, join(folder, source), { recursive: true, filter: (path) => !ignored.includes(path) })
  }
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: true; devOptional?: true }>
  }
  for (const [path, { dev, devOptional }] of Object.entries(packages)) {
    // Copied, not linked: a link would lead back to where the development dependencies are. Packages within packages come with them.
    if (path && !dev && !devOptional && existsSync(path) && dirname(path).split('node_modules').length === 2)
      cpSync(path, join(folder, path), { recursive: true })
  }
  return folder
}

export const variables = (): Record<string, string> =>
  Object.fromEntries([.../^ENV (.+)$/m.exec(dockerfile)![1]!.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]))
