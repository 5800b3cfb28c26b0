/** The programs of this folder's own packages. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const packages = resolve('test/consumers/node_modules')

/** False, with a line that says why, when they are not there; in continuous integration that is a failure. */
export const consumersInstalled = (): boolean => {
  if (existsSync(join(packages, '.installed'))) return true
  const line = 'The consumers of the documents are missing: npm run provide'
  if (process.env['CI']) throw new Error(line)
  process.stderr.write(`${line}; their tests are skipped\n`)
  return false
}

export interface Project extends Disposable {
  readonly folder: string
  /** What a program printed, and how it ended. */
  run(program: string, ...words: readonly string[]): { readonly status: number | null; readonly output: string }
  write(file: string, text: string): void
  /** As one file that Node runs. */
  bundle(file: string): Promise<string>
}

/** An empty folder in which those packages are found. */
export const consumerProject = (): Project => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-consumer-'))
  symlinkSync(packages, join(folder, 'node_modules'))
  const env = { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1', REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  return {
    folder,
    write: (file, text) => writeFileSync(join(folder, file), text),
    run: (program, ...words) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(packages, '.bin', program), ...words], {
        ...{ cwd: folder, env, encoding: 'utf8', timeout: 120_000 },
      })
      return { status, output: `${stdout}${stderr}` }
    },
    bundle: async (file) => {
      const outfile = join(folder, `${file}.mjs`)
      await build({ entryPoints: [join(folder, file)], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' })
      return outfile
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
