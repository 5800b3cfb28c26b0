/** The typed client took an answer that broke off for one that cannot be read, and did not repeat the read; a call that its caller ended while the answer came rejected with that too; and each wait before a repeat left a listener on the caller's signal. */
import { getEventListeners, once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { type ClientError, createClient } from '../../../src/contract/client.ts'

/** Answers with these in turn, with the last for ever. */
const service = async (...answers: ((res: ServerResponse) => unknown)[]) => {
  let came = 0
  const server = createServer((_req, res) => void answers[Math.min(came++, answers.length - 1)]!(res))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    client: createClient({ base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 't' }),
    came: () => came,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const abortable = () => {
  const controller = new AbortController()
  return { signal: controller.signal, abort: (reason: Error) => controller.abort(reason) }
}

const half = (res: ServerResponse): ServerResponse => {
  res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' }).flushHeaders()
  res.write('{"appUser":{')
  return res
}
const broken = (res: ServerResponse): void => void half(res).write('"_id":', () => res.destroy())
const whole = (res: ServerResponse): void => void res.end('{"appUser":{"_id":"a"}}')
const busy = (res: ServerResponse): void => void res.writeHead(503, { 'Retry-After': '0' }).end('{"error":{"code":"overloaded"}}')

test('a read whose answer breaks off is asked for again', async () => {
  await using it = await service(broken, whole)
  expect(await it.client.get_app_user({ userId: 'me' })).toEqual({ appUser: { _id: 'a' } })
  expect(it.came()).toBe(2)
})

test('a change whose answer breaks off is not, and its error tells that it was answered', async () => {
  await using it = await service(broken, whole)
  const error = await it.client.delete_app_user({ userId: 'u' }).catch((reason: ClientError) => reason)
  expect(error).toMatchObject({ name: 'ClientError', code: 'unreadable_answer', status: 200 })
  expect(it.came()).toBe(1)
})

test('who ends a call while its answer comes hears the own reason, and nothing is asked again', async () => {
  const { promise: begun, resolve } = Promise.withResolvers<void>()
  await using it = await service(half)
  const { signal, abort } = abortable()
  const heard: typeof fetch = async (...asked) => {
    const response = await fetch(...asked)
    resolve()
    return response
  }
  const call = it.client.get_app_user({ userId: 'me' }, { signal, fetch: heard }).catch((reason: unknown) => reason)
  await begun
  const reason = new Error('nobody waits any more')
  abort(reason)
  expect(await call).toBe(reason)
  expect(it.came()).toBe(1)
})

test('waits leave nothing on a signal that outlives the call', async () => {
  await using it = await service(busy, busy, whole)
  const { signal } = abortable()
  // Without the listeners that `fetch` has of its own.
  const deaf: typeof fetch = (input, { signal: _, ...init } = {}) => fetch(input, init)
  await it.client.get_app_user({ userId: 'me' }, { signal, fetch: deaf })
  expect(it.came()).toBe(3)
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})
