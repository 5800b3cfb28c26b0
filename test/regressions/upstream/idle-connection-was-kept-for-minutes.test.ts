/** A connection to the vendor was kept as long as the vendor allowed, ten minutes: a firewall that forgets sooner left it silent, and the read that took it waited out its whole time. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { operations } from '../../../src/contract/operations.ts'
import { startProxy } from '../../support/proxy.ts'
import { appAt, json, listen, upstreamWith, user } from '../../upstream/vendor.ts'

test('after a pause a read goes out on a new connection', async () => {
  await using vendor = await listen(json(200, user))
  vendor.server.keepAliveTimeout = 600_000
  await using proxy = await startProxy(Number(new URL(vendor.origin).port))
  using upstream = upstreamWith()
  const read = () => upstream.call(appAt(`http://127.0.0.1:${proxy.port}`), { operation: operations.get_app_user, params: { userId: 'a' } })
  await read()
  await sleep(50)
  await read()
  expect(proxy.count()).toBe(1)
  await sleep(5_500)
  proxy.silence()
  expect((await read()).calls).toBe(1)
  expect(proxy.count()).toBe(2)
})
