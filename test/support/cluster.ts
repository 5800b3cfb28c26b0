/** A Redis Cluster of three nodes, without replicas, on ports of the test run's own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface TestCluster {
  readonly url: string
  readonly nodes: number
  stop(): Promise<void>
}

/** A port that is free now, and whose cluster bus is below 65,536. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

const cli = (port: number, ...words: string[]): string => spawnSync('redis-cli', ['-p', String(port), ...words]).stdout.toString()

const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (let waited = 0; !holds(); waited += 50) {
    if (waited > 10_000) throw new Error(`the cluster is not ${what}`)
    await sleep(50)
  }
}

export const endProcess = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

export const startCluster = async (): Promise<TestCluster> => {
  const ports = [await freePort(), await freePort(), await freePort()]
  const started = await Promise.all(
    ports.map(async (port) => {
      const folder = mkdtempSync(join(tmpdir(), 'bff-cluster-'))
      const bus = String(await freePort())
      const options = { port, bind: '127.0.0.1', 'cluster-enabled': 'yes', 'cluster-port': bus, save: '', appendonly: 'no', dir: folder }
      const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
      return { port, bus, folder, child: spawn('redis-server', words, { stdio: 'ignore' }) }
    }),
  )
  await until('up', () => ports.every((port) => cli(port, 'ping').startsWith('PONG')))
  const slots = [0, 5461, 10_923, 16_384]
  for (const [at, { port }] of started.entries()) {
    cli(port, 'cluster', 'addslotsrange', String(slots[at]), String(slots[at + 1]! - 1))
    cli(port, 'config', 'set', 'cluster-announce-ip', '127.0.0.1')
    cli(started[0]!.port, 'cluster', 'meet', '127.0.0.1', String(port), started[at]!.bus)
  }
  await until('whole', () => ports.every((port) => cli(port, 'cluster', 'info').includes('cluster_state:ok')))
  return {
    url: `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`,
    nodes: started.length,
    stop: async () => {
      for (const { child, folder } of started) {
        await endProcess(child)
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}
