/** HAProxy with a configuration of the test's, in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endProcess, untilTaken } from './child-process.ts'

const program = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy'].find((path) => existsSync(path) && spawnSync(path, ['-v']).status === 0)

export const haproxyInstalled = program !== undefined

/** Resolves when this port takes connections. */
export const startHaproxy = async (config: string, port: number): Promise<AsyncDisposable> => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-haproxy-'))
  writeFileSync(join(folder, 'conf'), config)
  const child: ChildProcess = spawn(program!, ['-db', '-f', join(folder, 'conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr!.on('data', (chunk) => {
    said += String(chunk)
  })
  await untilTaken(port, child, () => `HAProxy did not start: ${said}`)
  return {
    [Symbol.asyncDispose]: async () => {
      await endProcess(child, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
