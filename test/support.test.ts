/** What the tests stand on holds on a busy machine: no sign comes before the thing that it stands for, and no port is taken by another test. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from '@jest/globals'
import { startBff } from './support/bff.ts'
import { startProxy } from './support/proxy.ts'
import { redisInstalled, startRedis } from './support/redis.ts'

test('the short limit of calls that hang ends no call that is answered late', async () => {
  await using bff = await startBff({ hangMs: 50 })
  const headers = await bff.signIn()
  const me = async () => (await bff.call('GET', '/v1.1/appusers/me/channels', { headers })).status
  bff.sandbox.fault({ operation: 'get_app_user_entity_ids', latency: 300, times: 1 })
  expect(await me()).toBe(200)
  bff.sandbox.fault({ operation: 'get_app_user_entity_ids', hang: true, times: 1 })
  expect(await me()).toBe(504)
})

test('processes of one run never get the same port', async () => {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads')
    import(workerData).then(async ({ freePort }) => {
      for (let count = 0; count < 300; count += 1) parentPort.postMessage(await freePort())
    })`
  const workerData = new URL('./support/free-port.ts', import.meta.url).href
  const env = { ...process.env, TEST_SHARED: mkdtempSync(join(tmpdir(), 'bff-ports-')) }
  const portsOf = async (): Promise<number[]> => {
    const ports: number[] = []
    const worker = new Worker(program, { eval: true, workerData, env })
    worker.on('message', (port: number) => ports.push(port))
    await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
    return ports
  }
  const ports = (await Promise.all([portsOf(), portsOf()])).flat()
  rmSync(env.TEST_SHARED, { recursive: true })
  expect([ports.length, new Set(ports).size]).toEqual([600, 600])
})

const whenLinux = process.platform === 'linux' ? test : test.skip // Linux alone tells the range
whenLinux('the port of a proxy at which nobody listens for a while is none that the system gives to others', async () => {
  await using proxy = await startProxy(9)
  const [first] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t').map(Number)
  expect(proxy.port).toBeLessThan(first!)
})

const whenRedis = redisInstalled() ? test : test.skip // Redis is not installed
whenRedis('a Redis that has started takes connections, though its socket was there before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-slow-redis-'))
  const program = join(folder, 'redis-server')
  const { PATH } = process.env
  writeFileSync(program, `#!/bin/sh\n: > "$4"; sleep 0.3; rm "$4"; PATH='${PATH}' exec redis-server "$@"\n`)
  chmodSync(program, 0o755)
  process.env['PATH'] = `${folder}:${PATH}`
  const redis = await startRedis().finally(() => {
    process.env['PATH'] = PATH
  })
  try {
    const taken = new Promise((resolve, reject) =>
      connect(redis.url, () => resolve(true))
        .once('error', reject)
        .unref(),
    )
    expect(await taken).toBe(true)
  } finally {
    await redis.stop()
    rmSync(folder, { recursive: true })
  }
})
