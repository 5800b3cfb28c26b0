/** A vendor, or a proxy before it, that answered 101 left the call without an end, past its time limit, and a guarded one without an outcome. */
import { expect, test } from '@jest/globals'
import { operations } from '../../../src/contract/operations.ts'
import { appAt, listenRaw, problemOf, upstreamWith } from '../../upstream/vendor.ts'

const switching = 'HTTP/1.1 101 Switching Protocols\r\n'

test.each([
  ['to another protocol', `${switching}connection: upgrade\r\nupgrade: websocket\r\n\r\n`],
  ['to no protocol', `${switching}\r\n`],
])('a switch %s is not an answer', async (_name, text) => {
  await using vendor = await listenRaw((socket) => socket.write(text))
  using upstream = upstreamWith()
  const call = { operation: operations.delete_app_user, params: { userId: 'u' } }
  const { code, status, particulars } = await problemOf(upstream.call(appAt(vendor.origin), call))
  expect([code, status, particulars.outcome, vendor.arrivals.length]).toEqual(['upstream_unknown', 504, 'unknown', 1])
})
