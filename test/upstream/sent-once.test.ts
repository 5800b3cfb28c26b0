/** How often a call that destroys has reached the vendor, whatever came back. Counted at a bare socket. */
import { describe, expect, test } from '@jest/globals'
import type { Operation } from '../../src/contract/operation.ts'
import { all, operations } from '../../src/contract/operations.ts'
import type { UpstreamCall } from '../../src/upstream/call.ts'
import { until } from '../support/until.ts'
import { appAt, listenRaw, upstreamWith } from './vendor.ts'

const callOf = (operation: Operation): UpstreamCall<Operation> => ({
  operation,
  params: { userId: 'u', channel: 'twilio' },
  ...(operation.takes && { body: {} }),
})

describe('what destroys', () => {
  const guarded = all.filter(({ effect }) => effect === 'guarded')
  const plain = (status: string) => `HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`
  const statuses = ['200 OK', '204 None', '307 Elsewhere', '401 No', '408 Late', '421 Misdirected', '429 Slow', '500 Oops', '503 Busy']
  const faults: [string, Parameters<typeof listenRaw>[0]][] = [
    ...statuses.map((status): [string, Parameters<typeof listenRaw>[0]] => [status, (socket) => socket.write(plain(status))]),
    ['a reset before the answer', (socket) => socket.resetAndDestroy()],
    ['a reset after the head', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{', () => socket.resetAndDestroy())],
    ['silence', () => {}],
    ['something that is not HTTP', (socket) => socket.write('SSH-2.0-OpenSSH\r\n')],
    ['a 100 that nobody asked for', (socket) => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${plain('200 OK')}`)],
  ]
  test.each(faults)('%s: each row has arrived once', async (_name, answer) => {
    for (const row of guarded) {
      const arrivals = async (): Promise<number> => {
        await using vendor = await listenRaw(answer)
        using upstream = upstreamWith({ timeLimit: () => 750 })
        await upstream.call(appAt(vendor.origin, { keys: 2 }), callOf(row)).catch(() => undefined)
        return vendor.arrivals.length
      }
      // None when the time was over before the machine came to it.
      expect([row.id, await until(arrivals)]).toEqual([row.id, 1])
    }
  })

  test('early hints and a processing note are passed over', async () => {
    await using vendor = await listenRaw((socket) =>
      socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${plain('200 OK')}`),
    )
    using upstream = upstreamWith()
    expect(await upstream.call(appAt(vendor.origin), callOf(operations.delete_app_user))).toMatchObject({ status: 200, calls: 1 })
  })
})
