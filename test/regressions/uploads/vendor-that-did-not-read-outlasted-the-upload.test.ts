/** That the time of an upload is over was told to the call at the vendor with the next part alone: a vendor that read nothing held the sender, a place and the connection until its own time was over too, up to a minute more. */
import { expect, test } from '@jest/globals'
import { field, file, form, gateway, pngOf, upload } from '../../uploads/uploads.ts'
import { listenRaw } from '../../upstream/vendor.ts'

const role = field('role', 'appUser')
const big = form(role, file(pngOf(9_000_000)))

test('a vendor that reads nothing while the time of the upload goes by: the caller is answered, and its call is broken off', async () => {
  await using vendor = await listenRaw((socket) => void socket.pause())
  // Its own time is longer than a test may take.
  await using proxy = await gateway(vendor, { deadline: 1_000 }, { timeLimit: () => 600_000 })
  const { status, json } = await upload(proxy, big)
  // On a busy machine the sender may not have come so far by then that the vendor holds it up: then it was too slow.
  expect([status, json['code']]).toEqual(status === 408 ? [408, 'timeout'] : [504, 'upstream_unknown'])
  expect(vendor.arrivals).toHaveLength(1)
})
