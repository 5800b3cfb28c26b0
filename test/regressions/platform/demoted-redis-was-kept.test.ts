/** The address of Redis was given to another master while the old one lived on as its replica: the old connection was kept, every call was 503 until a restart, and /readyz said that all was well. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { startBff } from '../../support/bff.ts'
import { endProcess } from '../../support/child-process.ts'
import { freePort } from '../../support/free-port.ts'
import { prefer, redisInstalled } from '../../support/redis.ts'
import { until } from '../../support/until.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed

when('a replica is left for the master, and until then the service is not ready', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-roles-'))
  const ports = [await freePort(), await freePort()] as const
  const start = (port: number): ChildProcess =>
    prefer(
      spawn(
        'redis-server',
        ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--repl-diskless-sync-delay', '0', '--dir', folder],
        { stdio: 'ignore' },
      ),
    )
  const processes = ports.map(start)
  const [first, second] = ports.map((port) => new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50 }).on('error', () => {})) as [
    Redis,
    Redis,
  ]
  let to: number = ports[0]
  const address = createServer((socket) => {
    const server = connect(to, '127.0.0.1')
    socket.pipe(server).pipe(socket)
    socket.on('error', () => server.destroy())
    server.on('error', () => socket.destroy())
  })
  try {
    await new Promise<void>((resolve) => address.listen(0, '127.0.0.1', resolve))
    await second.replicaof('127.0.0.1', ports[0])
    await using bff = await startBff({ env: { REDIS_URL: `redis://127.0.0.1:${(address.address() as AddressInfo).port}` } })
    const me = await bff.signIn({})
    // What the replica has not heard yet is lost with its master.
    // Redis waits for the writes of the connection that asks, so this one writes after the session.
    await first.set('after-the-session', '1')
    expect(await first.wait(1, 10_000)).toBe(1)
    const status = async (): Promise<number> => (await bff.call('GET', '/v1.1/appusers/me', { headers: me })).status
    const ready = async (): Promise<number> => (await bff.private('GET', '/readyz')).status

    for (const look of [ready, status]) expect(await until(look, (it) => it !== 503)).toBe(200)
    await until(async () => String(await second.info('replication')).includes('master_link_status:up'))

    await first.replicaof('127.0.0.1', ports[1])
    await status()
    expect(await ready()).toBe(503)

    await second.replicaof('NO', 'ONE')
    to = ports[1]
    for (const look of [ready, status]) expect(await until(look, (it) => it !== 503)).toBe(200)
    expect(bff.lines.filter(({ msg }) => String(msg).startsWith('redis connection')).map(({ cause }) => cause)).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('READONLY') }),
    )
  } finally {
    first.disconnect()
    second.disconnect()
    address.close()
    await Promise.all(processes.map((child) => endProcess(child)))
    rmSync(folder, { recursive: true, force: true })
  }
})
