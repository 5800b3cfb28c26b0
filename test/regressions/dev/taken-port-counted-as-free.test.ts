/** Whoever needed a port looked at 0.0.0.0 alone, so one that a server had on ::1 counted as free: a node of a Cluster could not listen, and its clients met a Redis that asked for a password. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from '@jest/globals'
import { freePort, isFree } from '../../support/free-port.ts'

test.each(['127.0.0.1', '::1', '0.0.0.0'])('a port on %s is not free while it is taken', async (host) => {
  const port = await freePort()
  const server = createServer().listen(port, host)
  await once(server, 'listening')
  expect(await isFree(port)).toBe(false)
  await new Promise((resolve) => server.close(resolve))
  expect(await isFree(port)).toBe(true)
})

test('a port is given once by a process', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, freePort))
  expect(new Set(ports).size).toBe(200)
})
