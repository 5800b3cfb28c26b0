/** `2001:db8::1` stood in the log as `2001:db8:::/48`, which is no network: what a log is searched by must be one. */
import { expect, test } from '@jest/globals'
import type { Fields } from '../../../src/platform/log/logger.ts'
import { startEcho } from '../../support/http-app.ts'

test.each([
  ['2001:db8::1', '2001:db8:0::/48'],
  ['2001:db8:7:9::1', '2001:db8:7::/48'],
  ['::1', '0:0:0::/48'],
  ['::ffff:192.0.2.7', '192.0.2.0/24'],
  ['192.0.2.7', '192.0.2.0/24'],
])('a call from %s is logged as from %s', async (address, network) => {
  const records: Fields[] = []
  await using echo = await startEcho({ trustedProxies: ['127.0.0.1'] }, { onRecord: (record) => records.push(record) })
  const answer = await fetch(`${echo.address.url}/users/x`, { headers: { 'X-Forwarded-For': address } })
  await answer.text()
  while (records.length === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(records[0]!['from']).toBe(network)
})
