/** K2: SIGTERM under load costs no request: the process goes on serving while it says that it is not ready, finishes what it has begun, and leaves with 0. */

import { Agent, type IncomingMessage, request } from 'node:http'
import { expect, test } from '@jest/globals'
import { startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { appId, keyId, mina } from '../support/bff.ts'
import { canaryKey, canaryServiceKey } from '../support/canaries.ts'
import { processEnv, startProcess } from '../support/service-process.ts'
import { until } from '../support/until.ts'

const send = (url: string, headers: Record<string, string>, agent: Agent): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request(url, { headers, agent }, (incoming) => {
      incoming
        .resume()
        .once('end', () => resolve(incoming))
        .once('error', reject)
    })
      .once('error', reject)
      .end()
  })

test.each([
  ['a client that leaves at the first Connection: close', true],
  ['a load balancer that connects anew until readiness fails', false],
])('%s sees no failed request', async (_who, leavesAtClose) => {
  await using vendor = await startSandbox({ apps: [{ appId, keys: [{ id: keyId, secret: canaryKey, scope: 'app' }] }], people: [mina] })
  await using service = await startProcess({
    ...processEnv,
    SMOOCH_BASE_URL: vendor.url,
    DRAIN_DELAY_SECONDS: '1',
    LIMIT_READS: '1000000',
    LOG_LEVEL: 'warn',
  })
  const minted = await fetch(`${service.privateUrl}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'bearer', userId: mina.userId }),
  })
  const { token } = (await minted.json()) as { token: string }
  const url = `${service.publicUrl}/bff/v1.1/appusers/me`
  let ready = true
  let answered = 0
  let inDrain = 0
  const failed: string[] = []

  const client = async (): Promise<void> => {
    using agent = Object.assign(new Agent({ keepAlive: true, maxSockets: 1 }), { [Symbol.dispose]: () => agent.destroy() })
    while (ready) {
      try {
        const { statusCode, headers } = await send(url, { authorization: `Bearer ${token}` }, agent)
        answered += 1
        if (statusCode !== 200) failed.push(String(statusCode))
        if (headers.connection === 'close') {
          inDrain += 1
          if (leavesAtClose) return
        }
      } catch (error) {
        failed.push(String(error))
      }
    }
  }
  const watch = async (): Promise<void> => {
    const isReady = () =>
      fetch(`${service.privateUrl}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
    await until(async () => !(await isReady()), undefined, 100)
    ready = false
  }
  const load = [watch(), ...Array.from({ length: 12 }, client)]
  await until(() => answered > 20)
  expect(failed).toEqual([])
  // Longer under way than the listener stays open.
  vendor.fault({ operation: 'get_app_user_entity_ids', latency: 2_000 })
  using slowAgent = Object.assign(new Agent(), { [Symbol.dispose]: () => slowAgent.destroy() })
  const slow = send(`${url}/channels`, { authorization: `Bearer ${token}` }, slowAgent)
  await until(() => vendor.requests.some(({ operation }) => operation === 'get_app_user_entity_ids'))
  service.child.kill('SIGTERM')

  await Promise.all(load)
  expect((await slow).statusCode).toBe(200)
  expect(await service.ended).toBe(0)
  expect([failed, answered > 20, inDrain > 0]).toEqual([[], true, true])
})
