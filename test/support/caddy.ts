/** Caddy with a configuration of the test's, in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endProcess, untilTaken } from './child-process.ts'

const program = ['/usr/bin/caddy', '/usr/local/bin/caddy'].find((path) => existsSync(path) && spawnSync(path, ['version']).status === 0)

export const caddyInstalled = program !== undefined

/** The sites of a Caddyfile. Resolves when this port takes connections. */
export const startCaddy = async (sites: string, port: number): Promise<AsyncDisposable> => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-caddy-'))
  writeFileSync(join(folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${sites}`)
  const env = { PATH: process.env['PATH'], HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child: ChildProcess = spawn(program!, ['run', '--config', join(folder, 'Caddyfile')], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr!.on('data', (chunk) => {
    said = `${said}${String(chunk)}`.slice(-10_000)
  })
  await untilTaken(port, child, () => `Caddy did not start: ${said}`)
  return {
    [Symbol.asyncDispose]: async () => {
      await endProcess(child, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
