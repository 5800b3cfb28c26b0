import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { processEnv, startProcess } from './support/service-process.ts'
import { until } from './support/until.ts'

const redisUrl = process.env['TEST_REDIS_URL']

describe('the process', () => {
  test.concurrent('refuses to start without settings and names each', async () => {
    await using service = await startProcess({})
    expect(await service.ended).toBe(1)
    for (const name of ['SMOOCH_BASE_URL', 'SMOOCH_APP_ID', 'SMOOCH_KEY_ID', 'SMOOCH_KEY_SECRET', 'SESSION_KEYS', 'SESSION_PEPPERS'])
      expect(service.output()).toContain(`  - ${name} is missing: `)
  })

  test.concurrent.each(['PORT', 'PRIVATE_PORT'])('says that %s is taken, and leaves none open', async (setting) => {
    const other = createServer()
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await using service = await startProcess({ ...processEnv, [setting]: String(port) })
    expect(await service.ended).toBe(1)
    expect(service.output()).toContain(` ${setting} is taken: end what uses it, or set another port`)
    expect(service.output()).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`)
    other.close()
  })

  test.concurrent('without Redis, PostgreSQL and vendor is up and not ready, and has one line for each thing that is away', async () => {
    const env = {
      ...processEnv,
      ...{ REDIS_URL: 'redis://127.0.0.1:1', SMOOCH_BASE_URL: 'http://127.0.0.1:9', JOURNAL_URL: 'postgres://a:b@127.0.0.1:1/journal' },
      ...{ JOURNAL_SIGNING_KEY: 'a'.repeat(64), JOURNAL_SEALING_KEY: 'b'.repeat(64), DRAIN_DELAY_SECONDS: '0' },
    }
    await using service = await startProcess(env)
    const status = async (path: string) => (await fetch(`${service.privateUrl}${path}`)).status
    const paths = ['/livez', '/startupz', '/readyz', '/readyz?exclude=redis']
    expect(await Promise.all(paths.map(status))).toEqual([200, 200, 503, 200])
    const lines = [
      '"msg":"redis connection fails"',
      '"msg":"redis connection of the journal fails"',
      '"alarm":"journal_gate"',
      '"check":"vendor","found":"fault"',
    ]
    const count = (line: string): number => service.output().split(line).length - 1
    await until(() => lines.every((line) => count(line) > 0))
    // And no second one of the same while nothing changes.
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    expect(lines.map(count)).toEqual([1, 1, 1, 1])
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(0)
  })

  test.concurrent('is ready, alive and started, and leaves with 0 on SIGTERM', async () => {
    await using service = await startProcess({ ...processEnv, DRAIN_DELAY_SECONDS: '4' })
    for (const path of ['/livez', '/readyz', '/startupz']) expect((await fetch(`${service.privateUrl}${path}`)).status).toBe(200)
    expect(await (await fetch(`${service.privateUrl}/metrics`)).text()).toContain('bff_requests_total')
    service.child.kill('SIGTERM')
    await until(async () => (await fetch(`${service.privateUrl}/readyz`)).status === 503)
    expect((await fetch(`${service.publicUrl}/bff/auth/session`)).status).toBe(200)
    expect(await service.ended).toBe(0)
  })

  // Without a Redis the second worker would not know the first one's sessions.
  ;(redisUrl ? test.concurrent : test.concurrent.skip)('several workers share the ports and replace one that dies', async () => {
    await using service = await startProcess({ ...processEnv, WORKERS: '2', REDIS_URL: redisUrl!, DRAIN_DELAY_SECONDS: '0' })
    const pids = () => [...service.output().matchAll(/"pid":(\d+)[^\n]*"msg":"ready"/g)].map(([, pid]) => Number(pid))
    await until(() => pids().length >= 2)
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    process.kill(pids()[0]!, 'SIGKILL')
    await until(() => pids().length >= 3)
    expect((await fetch(`${service.publicUrl}/bff/auth/session`)).status).toBe(200)
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(0)
  })
})
