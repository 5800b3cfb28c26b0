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

export interface Nginx extends AsyncDisposable {
  /** With other parts, as `nginx -s reload` does it. */
  reload(parts: string): void
}

/** The parts that go into `http { }`. Resolves when this port takes connections. */
export const startNginx = async (parts: string, port: number): Promise<Nginx> => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-nginx-'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
  const write = (those: string): void =>
    writeFileSync(
      join(folder, 'conf'),
      `daemon off; user ${userInfo().username}; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events { worker_connections 512; }
http { access_log off; ${temporary}\n${those}\n}`,
    )
  write(parts)
  const child: ChildProcess = spawn(program!, ['-p', folder, '-c', join(folder, 'conf')], { stdio: 'ignore' })
  await untilTaken(port, child, () => `nginx did not start: ${readFileSync(join(folder, 'error.log'), 'utf8')}`)
  return {
    reload: (those) => {
      write(those)
      child.kill('SIGHUP')
    },
    [Symbol.asyncDispose]: async () => {
      await endProcess(child, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Throws what `why` says when the process ends before this port takes connections, or after 5 s. */
export const untilTaken = async (port: number, child: ChildProcess, why: () => string): Promise<void> => {
  for (let tries = 0; !(await takesConnections(port)); tries += 1) {
    if (tries === 100 || child.exitCode !== null) throw new Error(why())
    await sleep(50)
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
