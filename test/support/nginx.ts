/** nginx with a configuration of the test's, in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endProcess } from './redis-topologies.ts'

const program = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path) && spawnSync(path, ['-v']).status === 0)

export const nginxInstalled = program !== undefined

/** The parts that go into `http { }`. Resolves when this port takes connections. */
export const startNginx = async (parts: string, port: number): Promise<AsyncDisposable> => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-nginx-'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
  writeFileSync(
    join(folder, 'conf'),
    `daemon off; user ${userInfo().username}; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events { worker_connections 512; }
http { access_log off; ${temporary}\n${parts}\n}`,
  )
  const child: ChildProcess = spawn(program!, ['-p', folder, '-c', join(folder, 'conf')], { stdio: 'ignore' })
  for (let tries = 0; !(await takesConnections(port)); tries += 1) {
    if (tries === 100 || child.exitCode !== null) throw new Error(`nginx did not start: ${readFileSync(join(folder, 'error.log'), 'utf8')}`)
    await sleep(50)
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await endProcess(child, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const takesConnections = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (taken: boolean): void => {
      socket.destroy()
      resolve(taken)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
