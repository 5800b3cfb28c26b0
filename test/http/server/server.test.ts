/** The server itself: what it answers before any middleware, and how it stops. */
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import express, { type Express, type Request, type Response } from 'express'
import { listen } from '../../../src/http/server/server.ts'
import { startEcho } from '../../support/http-app.ts'
import { sendRaw } from '../../support/raw.ts'

const host = 'Host: a\r\n'

describe('what cannot be read is answered in the one error body', () => {
  test.each([
    ['no HTTP', 'nonsense\r\n\r\n', 400, 'bad_request'],
    ['an unknown method', `FOO / HTTP/1.1\r\n${host}\r\n`, 400, 'bad_request'],
    ['HTTP/2 without notice', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'bad_request'],
    ['the start of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'bad_request'],
    ['a raw byte in the path', `GET /zo\xeb HTTP/1.1\r\n${host}\r\n`, 400, 'invalid_path'],
    ['a control character in a header', `GET / HTTP/1.1\r\n${host}X: a\x00b\r\n\r\n`, 400, 'bad_request'],
    ['a space before the colon', `GET / HTTP/1.1\r\n${host}X : a\r\n\r\n`, 400, 'bad_request'],
    ['a bare CR', `GET / HTTP/1.1\r\n${host}X: a\rY: b\r\n\r\n`, 400, 'bad_request'],
    ['a negative length', `PUT /users/u HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`, 400, 'bad_request'],
    ['a list of lengths', `PUT /users/u HTTP/1.1\r\n${host}Content-Length: 1, 1\r\n\r\na`, 400, 'bad_request'],
    ['a header block without end', `GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(40_000)}`, 431, 'headers_too_large'],
    ['CONNECT', `CONNECT evil:443 HTTP/1.1\r\n${host}\r\n`, 405, 'method_not_allowed'],
    ['an expectation', `PUT /users/u HTTP/1.1\r\n${host}Expect: miracles\r\nContent-Length: 2\r\n\r\n`, 417, 'expectation_failed'],
  ])('%s', async (_title, bytes, status, code) => {
    const heard: string[] = []
    await using echo = await startEcho({}, { onRefusal: (problem) => heard.push(problem.code) })
    const { first, closed, answers } = await sendRaw(echo.address, bytes, { untilClose: true })
    expect(first.status).toBe(status)
    expect(first.json()).toMatchObject({ status, error: { code }, requestId: first.headers['x-request-id'] })
    expect(first.headers).toMatchObject({
      connection: 'close',
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    })
    expect([closed, answers.length, echo.reached]).toEqual([true, 1, []])
    expect(heard).toEqual([code])
  })

  test('headers that arrive too slowly get 408', async () => {
    await using echo = await startEcho({}, { limits: { headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 50 } })
    const { first } = await sendRaw(echo.address, 'GET / HTTP/1.1\r\nHost:')
    expect(first.json()).toMatchObject({ status: 408, error: { code: 'timeout' } })
  })

  test('a good request before a broken one keeps its answer', async () => {
    await using echo = await startEcho()
    const { answers } = await sendRaw(echo.address, [`GET /users/u HTTP/1.1\r\n${host}\r\n`, 'nonsense\r\n\r\n'], { untilClose: true })
    expect(answers[0]?.status).toBe(200)
  })

  test('one that is still being answered keeps its answer too, and the broken one gets none', async () => {
    await using echo = await startEcho(
      {},
      { routes: (app) => void app.get('/slow', async (_req, res) => void res.json(await delay(100, { slow: true }))) },
    )
    const { answers } = await sendRaw(echo.address, [`GET /slow HTTP/1.1\r\n${host}\r\nnonsense\r\n\r\n`], { untilClose: true })
    expect(answers.map(({ body }) => body)).toEqual(['{"slow":true}'])
  })

  test('a client that resets its connection disturbs nobody', async () => {
    await using echo = await startEcho()
    await new Promise<void>((resolve) => {
      const socket = connect(echo.address.port, '127.0.0.1', () => {
        socket.write('GET / HTT')
        setTimeout(() => socket.resetAndDestroy(), 20)
      })
      socket.on('close', () => resolve())
    })
    expect((await sendRaw(echo.address, `GET /users/u HTTP/1.1\r\n${host}\r\n`)).first.status).toBe(200)
  })
})

test('an offer to upgrade is ignored and the request answered', async () => {
  await using echo = await startEcho()
  for (const to of ['h2c', 'websocket']) {
    const { first } = await sendRaw(echo.address, `GET /users/u HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: ${to}\r\n\r\n`)
    expect(first.status).toBe(200)
  }
})

test('100-continue is understood', async () => {
  await using echo = await startEcho()
  const head = `PUT /users/u HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n`
  const { first, received } = await sendRaw(echo.address, [head, '{}'])
  expect(received).toMatch(/^HTTP\/1\.1 100 Continue/)
  expect(first.status).toBe(200)
})

test('a port that is taken is an error at once', async () => {
  await using echo = await startEcho()
  await expect(listen(express(), { port: echo.address.port, host: '127.0.0.1' })).rejects.toThrow('EADDRINUSE')
})

test('Express finds its own prototypes on requests and answers: changed for each request, they cost a twentieth of a hot read', async () => {
  const app = express()
  const found: object[] = []
  const handler = (req: Request, res: Response) => {
    found.push(Object.getPrototypeOf(req), Object.getPrototypeOf(res))
    app(req, res)
  }
  app.get('/', (req, res) => void res.json({ own: Object.getPrototypeOf(req) === app.request, ip: req.ip }))
  await using listener = await listen(Object.assign(handler, { request: app.request, response: app.response }) as never, {
    port: 0,
    host: '127.0.0.1',
  })
  expect(await (await fetch(listener.address.url)).json()).toEqual({ own: true, ip: '127.0.0.1' })
  expect(found[0]).toBe(app.request)
  expect(found[1]).toBe(app.response)
})

describe('stopping', () => {
  /** A route that answers when told to. */
  const slow = () => {
    const [arrived, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const routes = (app: Express) =>
      void app.get('/slow', async (_req, res) => {
        arrived.resolve()
        await told.promise
        res.json({ done: true })
      })
    return { routes, arrived: arrived.promise, answer: told.resolve }
  }

  const keepAlive = () =>
    Object.assign(new Agent({ keepAlive: true, maxSockets: 1 }), {
      [Symbol.dispose](this: Agent) {
        this.destroy()
      },
    })

  const ask = (url: string, agent: Agent): Promise<{ connection: string | undefined; body: string }> =>
    new Promise((resolve, reject) => {
      const req = httpRequest(url, { agent }, async (res) => {
        const chunks = await res.toArray()
        resolve({ connection: res.headers.connection, body: Buffer.concat(chunks).toString() })
      })
      req.on('error', reject).end()
    })

  test('waits for a request that is being answered, tells its client to go, and cuts nobody', async () => {
    const route = slow()
    await using echo = await startEcho({}, { routes: route.routes })
    using agent = keepAlive()
    const answer = ask(`${echo.address.url}/slow`, agent)
    await route.arrived
    const closed = echo.close(60_000)
    route.answer()
    expect(await closed).toBe(0)
    expect(await answer).toEqual({ connection: 'close', body: '{"done":true}' })
    await expect(fetch(`${echo.address.url}/slow`)).rejects.toThrow()
  })

  test('does not wait for idle or unused connections', async () => {
    await using echo = await startEcho()
    using agent = keepAlive()
    expect((await ask(`${echo.address.url}/users/u`, agent)).connection).toBe('keep-alive')
    const unused = connect(echo.address.port, '127.0.0.1').on('error', () => undefined)
    await delay(30)
    const begin = performance.now()
    expect(await echo.close(60_000)).toBe(0)
    expect(performance.now() - begin).toBeLessThan(50_000)
    unused.destroy()
  })

  test('cuts and counts what is still open when the time is over', async () => {
    const route = slow()
    await using echo = await startEcho({}, { routes: route.routes })
    using agent = keepAlive()
    const answer = ask(`${echo.address.url}/slow`, agent).catch((error: NodeJS.ErrnoException) => error.code)
    await route.arrived
    expect(await echo.close(100)).toBe(1)
    expect(await answer).toBe('ECONNRESET')
  })

  test('while draining, requests are still answered and each answer ends its connection', async () => {
    await using echo = await startEcho()
    using agent = keepAlive()
    await ask(`${echo.address.url}/users/u`, agent)
    echo.drain()
    expect((await ask(`${echo.address.url}/users/u`, agent)).connection).toBe('close')
    expect((await ask(`${echo.address.url}/users/u`, agent)).connection).toBe('close')
  })
})
