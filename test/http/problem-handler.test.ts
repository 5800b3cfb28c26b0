/** The one error body. */
import { describe, expect, test } from '@jest/globals'
import { Problem } from '../../src/contract/problems.ts'
import { startEcho } from '../support/http-app.ts'
import { sendRaw } from '../support/raw.ts'

const thrown = async (
  error: () => unknown,
  headers: Record<string, string> = {},
  locals: Record<string, unknown> = {},
): Promise<Response> => {
  await using echo = await startEcho(
    {},
    {
      routes: (app) =>
        app.get('/throws', (_req, res) => {
          Object.assign(res.locals, locals)
          res.setHeader('Content-Disposition', 'attachment')
          throw error()
        }),
    },
  )
  const response = await fetch(`${echo.address.url}/throws`, { headers })
  return new Response(await response.text(), response)
}

describe('a problem', () => {
  test('has a code, a sentence and the request’s id, and may not be stored', async () => {
    const response = await thrown(() => new Problem('user_not_found'))
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      error: { code: 'user_not_found', description: 'There is no such user.' },
      type: 'urn:smooch-bff:problem:user_not_found',
      title: 'There is no such user.',
      status: 404,
      detail: 'There is no such user.',
      requestId: response.headers.get('x-request-id'),
    })
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-disposition')).toBeNull()
  })

  test.each([
    ['application/problem+json', 'application/problem+json; charset=utf-8'],
    ['application/problem+json, application/json;q=0.5', 'application/problem+json; charset=utf-8'],
    ['application/json, application/problem+json;q=0.9', 'application/json; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
    ['text/html', 'application/json; charset=utf-8'],
  ])('asked for as %s comes as %s', async (accept, type) => {
    expect((await thrown(() => new Problem('not_found'), { accept })).headers.get('content-type')).toBe(type)
  })

  test('says how to authenticate on 401, in its own words when it has some', async () => {
    expect((await thrown(() => new Problem('unauthorized'))).headers.get('www-authenticate')).toBe('Bearer')
    const own = { 'WWW-Authenticate': 'Bearer error="invalid_token"' }
    expect((await thrown(() => new Problem('unauthorized', { headers: own }))).headers.get('www-authenticate')).toBe(
      own['WWW-Authenticate'],
    )
  })

  test('passes the vendor’s code on to everyone and its words to staff and programs', async () => {
    const problem = () => new Problem('conflict', { vendorCode: 'user_conflict', vendorDescription: 'The user u is taken.' })
    const forAll = (await (await thrown(problem)).json()) as object
    expect(forAll).toMatchObject({ error: { code: 'user_conflict', description: expect.stringMatching(/^The request conflicts/) } })
    expect(JSON.stringify(forAll)).not.toContain('taken')
    const forStaff = await (await thrown(problem, {}, { showVendorWords: true })).json()
    expect(forStaff).toMatchObject({
      error: { code: 'user_conflict', description: 'The user u is taken.' },
      detail: 'The user u is taken.',
    })
  })
})

test.each([
  ['an error of ours', () => new Error('password=hunter2'), 500, 'internal'],
  ['something that is no error', () => 'hunter2', 500, 'internal'],
  ['nothing at all', () => null, 404, 'not_found'],
  ['an error of the router', () => new URIError('hunter2'), 400, 'bad_request'],
  ['an error with a status', () => Object.assign(new Error('hunter2'), { status: 413 }), 413, 'too_large'],
])('%s is told by code alone', async (_title, error, status, code) => {
  const response = await thrown(error)
  const text = await response.text()
  expect(response.status).toBe(status)
  expect(JSON.parse(text)).toMatchObject({ error: { code } })
  expect(text).not.toMatch(/hunter2|\bat \/|node_modules/)
})

test('an answer that has begun is cut off rather than continued with an error', async () => {
  await using echo = await startEcho(
    {},
    {
      routes: (app) =>
        app.get('/begins', (_req, res) => {
          res.setHeader('Content-Length', 1000)
          res.write('half')
          throw new Problem('internal')
        }),
    },
  )
  const { received, closed } = await sendRaw(echo.address, 'GET /begins HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(closed).toBe(true)
  expect(received).not.toContain('error')
})

test('HEAD gets the headers alone', async () => {
  await using echo = await startEcho()
  const { first, received } = await sendRaw(echo.address, 'HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(first.status).toBe(404)
  expect(received.endsWith('\r\n\r\n')).toBe(true)
})

test('a large body that nobody will read ends the connection, a small one does not', async () => {
  await using echo = await startEcho()
  const head = (length: number) => `POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`
  const large = await sendRaw(echo.address, [head(30_000_000), Buffer.alloc(30_000_000)], { untilClose: true })
  expect([large.first.status, large.first.headers['connection'], large.reset]).toEqual([404, 'close', false])
  const small = await sendRaw(echo.address, [head(1000), Buffer.alloc(1000), head(0)], { expect: 2 })
  expect(small.answers.map(({ status }) => status)).toEqual([404, 404])
})
