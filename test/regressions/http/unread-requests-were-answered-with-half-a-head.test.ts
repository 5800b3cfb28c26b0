/** What was refused before the app saw it, as unreadable or for the load, lacked the headers that keep an answer out of frames, caches and other origins' hands. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { expressApp, finalHandlers } from '../../../src/http/server/express-app.ts'
import { type Listener, listen } from '../../../src/http/server/server.ts'
import { type RawAnswer, sendRaw } from '../../support/raw.ts'

const appOf = () => {
  const app = expressApp(false, [])
  finalHandlers(app, '')
  return app
}
const never = {
  admits: () => false,
  hold: (_req: unknown, decide: (admitted: boolean) => void) => decide(false),
  droppedConnection: () => undefined,
}

let listener: Listener
let busy: Listener
let usual: RawAnswer
const get = 'GET / HTTP/1.1\r\nHost: x\r\n'
beforeAll(async () => {
  listener = await listen(appOf(), { port: 0, host: '127.0.0.1' })
  busy = await listen(appOf(), { port: 0, host: '127.0.0.1', loadShedding: never as never })
  usual = (await sendRaw(listener.address, `${get}\r\n`)).first
})
afterAll(async () => {
  await listener.close(0)
  await busy.close(0)
})

/** Those of a call alone, and of the connection. */
const ofTheCall = /^(?:allow|connection|content-(?:length|type)|date|keep-alive|retry-after|x-request-id)$/
const others = ({ headers }: RawAnswer) => Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheCall.test(name)))

test.each([
  ['a header that is none', () => listener, `${get}A B: 1\r\n\r\n`, 400],
  ['an expectation', () => listener, `${get}Expect: tea\r\n\r\n`, 417],
  ['headers without end', () => listener, `${get}A: ${'a'.repeat(17_000)}\r\n\r\n`, 431],
  ['a tunnel', () => listener, 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n', 405],
  ['too much at once', () => busy, `${get}\r\n`, 503],
])('%s is answered with the headers of any other refusal', async (_what, at, request, status) => {
  const { first } = await sendRaw(at().address, request)
  expect([usual.status, first.status]).toEqual([404, status])
  expect(others(first)).toEqual(others(usual))
  expect(others(usual)).toMatchObject({
    'cache-control': 'no-store',
    'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
  })
})
