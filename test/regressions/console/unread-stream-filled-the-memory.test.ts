/** The live stream went on reading the log for a reader that took nothing: a few of them filled the memory with it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from '@jest/globals'
import type { Request, Response } from 'express'
import { streamEvents } from '../../../src/console/api/stream.ts'
import { createTail } from '../../../src/console/api/tail.ts'
import type { Store } from '../../../src/journal/store/journal-store.ts'
import { until } from '../../support/until.ts'

test('what a reader does not take is not read from the log', async () => {
  let read = 0
  const body = JSON.stringify({ tenant: 'app', filler: 'x'.repeat(10_000) })
  const endless = {
    select: (sql: string, [from, , limit]: number[] = []) => {
      if (sql.includes('FROM head')) return Promise.resolve([{ size: 1_000_000_000, frontier: Buffer.alloc(0) }])
      read += limit!
      return Promise.resolve(Array.from({ length: limit! }, (_, at) => ({ seq: from! + at, body })))
    },
  } as unknown as Store
  const tail = createTail(endless)
  let over = false
  const server = createServer((req, res) => {
    void streamEvents(tail, req as Request, res as Response, {
      tenant: 'app',
      from: 0,
      draining: () => over,
      mayGoOn: () => Promise.resolve(true),
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const idle = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  idle.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  // Still for a second and a half, once all buffers on the way are full.
  await until(async () => {
    const before = read
    await delay(1_500)
    return read > 0 && read === before
  })
  let taken = 0
  idle.on('data', (chunk) => {
    taken += chunk.length
  })
  idle.resume()
  await until(() => taken >= 30_000_000)
  over = true
  await once(idle, 'end')
  idle.destroy()
  server.close()
})
