/** nginx with a configuration of the test's, in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { endProcess, untilTaken } from './child-process.ts'

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
