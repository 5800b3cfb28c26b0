import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { processEnv, startProcess } from './support/service-process.ts'

const redisUrl = process.env['TEST_REDIS_URL']

describe('the process', () => {
  test('refuses to start without settings and names each', async () => {
    await using service = await startProcess({})
    expect(await service.ended).toBe(1)
    for (const name of ['SMOOCH_BASE_URL', 'SMOOCH_APP_ID', 'SMOOCH_KEY_ID', 'SMOOCH_KEY_SECRET', 'SESSION_KEYS', 'SESSION_PEPPERS'])
      expect(service.output()).toContain(`  - ${name} is missing: `)
  })

  test('says which port is taken, and leaves none open', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await using service = await startProcess({ ...processEnv, PRIVATE_PORT: String(port) })
    expect(await service.ended).toBe(1)
    expect(service.output()).toContain('PRIVATE_PORT is taken: end what uses it, or set another port')
    expect(service.output()).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`)
    other.close()
  })

  test('is ready, alive and started, and leaves with 0 on SIGTERM', async () => {
    await using service = await startProcess({ ...processEnv, DRAIN_DELAY_SECONDS: '1' })
    for (const path of ['/livez', '/readyz', '/startupz']) expect((await fetch(`${service.privateUrl}${path}`)).status).toBe(200)
    expect(await (await fetch(`${service.privateUrl}/metrics`)).text()).toContain('bff_requests_total')
    service.child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect((await fetch(`${service.privateUrl}/readyz`)).status).toBe(503)
    expect((await fetch(`${service.publicUrl}/bff/auth/session`)).status).toBe(200)
    expect(await service.ended).toBe(0)
  })

  // Without a Redis the second worker would not know the first one's sessions.
  ;(redisUrl ? test : test.skip)('several workers share the ports and replace one that dies', async () => {
    await using service = await startProcess({ ...processEnv, WORKERS: '2', REDIS_URL: redisUrl!, DRAIN_DELAY_SECONDS: '0' })
    const pids = () => [...service.output().matchAll(/"pid":(\d+)[^\n]*"msg":"ready"/g)].map(([, pid]) => Number(pid))
    while (pids().length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    process.kill(pids()[0]!, 'SIGKILL')
    while (pids().length < 3) await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await fetch(`${service.publicUrl}/bff/auth/session`)).status).toBe(200)
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(0)
  })
})
