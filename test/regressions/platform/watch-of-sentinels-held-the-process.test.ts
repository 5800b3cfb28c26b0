/** The connection to a Sentinel stayed open for up to a second after that to Redis had ended, and held the process for as long. */
import { EventEmitter } from 'node:events'
import { expect, test } from '@jest/globals'
import { watchMaster } from '../../../src/platform/redis/sentinel-watch.ts'

type Parts = Parameters<typeof watchMaster>[0]

test('the Sentinel is left when the connection has ended', () => {
  const connection = Object.assign(new EventEmitter(), { status: 'ready' })
  let left = 0
  const sentinel = Object.assign(new EventEmitter(), { call: () => Promise.withResolvers().promise, disconnect: () => (left += 1) })
  void watchMaster({
    connection: connection as unknown as Parts['connection'],
    place: () => ({ name: 'bff', sentinels: [{ host: '127.0.0.1', port: 1 }] }),
    open: () => sentinel as unknown as Parts['connection'],
  })
  expect(left).toBe(0)
  connection.status = 'end'
  connection.emit('end')
  expect(left).toBe(1)
})
