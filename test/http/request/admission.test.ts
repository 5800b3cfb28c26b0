/** Admission: what is refused before any route is looked for. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createOrigins } from '../../../src/http/request/origins.ts'
import { startEcho } from '../../support/http-app.ts'
import { sendRaw } from '../../support/raw.ts'

const get = (target: string, headers: string[] = [], method = 'GET'): string =>
  `${method} ${target} HTTP/1.1\r\n${['Host: 127.0.0.1', ...headers].map((line) => `${line}\r\n`).join('')}\r\n`

const code = (body: unknown): string => (body as { error: { code: string } }).error.code

describe('the path', () => {
  const refused = [
    [
      'A1',
      '/users/..',
      '/users/%2e%2e',
      '/users/.%2e',
      '/users/%2E.',
      '/users/.',
      '/users/%2e',
      '/users/%252e%252e/profile',
      '/../x',
      '/users/../..',
    ],
    ['A2', '/users/a%2f..%2fmerge', '/users/a%2Fb', '/users/u1;x=y', '/users/u1%0d%0aX-A:1', '/users/%00', '/users/%1f', '/users/%7F'],
    ['A2, not UTF-8', '/users/%ff', '/users/%c0%ae%c0%ae', '/users/%ed%a0%80', '/users/%zz', '/users/%', '/users/%4'],
    ['A3', '/users/u/channels/..', '/users/u/channels/%2e%2e', '/users/u/channels/messenger%2f..'],
    ['slashes', '//users/u', '/users//u', '/users/u//', '/users\\u', '/users/a%5cb', '/users/a%5Cb'],
    ['other forms', 'http://127.0.0.1/users/u', 'https://evil/', '*', 'users/u', '/users/u#x', '/users/u?a=#x', '/users/50%25'],
  ]
  test.each(refused)('%s is refused with our body and reaches nothing', async (_title, ...targets) => {
    await using echo = await startEcho()
    for (const target of targets) {
      const { first } = await sendRaw(echo.address, get(target, [], 'DELETE'))
      expect([target, first.status]).toEqual([target, 400])
      expect(['invalid_path', 'bad_request']).toContain(code(first.json()))
    }
    expect(echo.reached).toEqual([])
  })

  test('ids of any script, e-mail addresses and a question mark for the id rule pass on to the route', async () => {
    await using echo = await startEcho()
    for (const [target, id] of [
      ['/users/steveb@channel5.com', 'steveb@channel5.com'],
      ['/users/zo%C3%AB', 'zoë'],
      ['/users/%E5%BC%A0', '张'],
      ['/users/a%20b', 'a b'],
      ['/users/...', '...'],
      ['/users/.a', '.a'],
    ] as const) {
      const { first } = await sendRaw(echo.address, get(target))
      expect(first.json()).toMatchObject({ id })
    }
    const { first } = await sendRaw(echo.address, get('/users/u1%3fscope=app'))
    expect([first.status, code(first.json())]).toEqual([400, 'invalid_id'])
  })

  test('a long target is 414, and the callback alone may be longer', async () => {
    await using echo = await startEcho({ callbackPath: '/auth/callback' })
    const status = async (target: string) => (await sendRaw(echo.address, get(target))).first.status
    expect(await status(`/users/u?${'a'.repeat(2048)}`)).toBe(414)
    expect(await status(`/auth/callback?${'a'.repeat(8000)}`)).toBe(404)
    expect(await status(`/auth/callback?${'a'.repeat(8192)}`)).toBe(414)
    expect(await status(`/auth/callback/x?${'a'.repeat(2048)}`)).toBe(414)
  })

  test('case and a trailing slash make another path', async () => {
    await using echo = await startEcho()
    for (const target of ['/Users/u', '/users/u/']) expect((await sendRaw(echo.address, get(target))).first.status).toBe(404)
  })

  test('random bytes as id either are refused or arrive as exactly one segment', async () => {
    await using echo = await startEcho()
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((all) => Buffer.from(all).toString('latin1'))
    const token = fc.constantFrom('.', '..', '/', '%2e', '%2f', '%25', '\\', ';', '%', '%5c', '%00', '?', '#', 'a', '%c3%ab', ' ', '%20')
    const id = fc.oneof(
      bytes,
      fc.array(token, { minLength: 1, maxLength: 6 }).map((all) => all.join('')),
    )
    await fc.assert(
      fc.asyncProperty(id, async (text) => {
        const { answers } = await sendRaw(echo.address, get(`/users/${text.replace(/[\r\n]/g, '')}`), { waitMs: 500 })
        const answer = answers[0]
        if (answer?.status !== 200) return
        const { id: seen } = answer.json() as { id: string }
        expect(new URL(`/v/users/${encodeURIComponent(seen)}`, 'http://up').pathname.split('/')).toHaveLength(4)
      }),
      { numRuns: 300 },
    )
  })
})

describe('headers', () => {
  test.each([
    ['two Host', ['Host: 127.0.0.1']],
    ['two Authorization', ['Authorization: Bearer a', 'authorization: Bearer b']],
    ['two Content-Type', ['Content-Type: application/json', 'Content-Type: text/plain']],
    ['two Idempotency-Key', ['Idempotency-Key: a', 'Idempotency-Key: b']],
    ['our cookie twice in one header', ['Cookie: a=1; bff-dev=x; b=2; bff-dev=y']],
    ['our cookie in two headers', ['Cookie: bff-dev=x', 'Cookie: bff-dev=x']],
    ['an underscore', ['X_Forwarded_User: admin']],
    ['__proto__', ['__proto__: x']],
    ['two Content-Length', ['Content-Length: 0', 'Content-Length: 0']],
    ['Content-Length and Transfer-Encoding', ['Content-Length: 1', 'Transfer-Encoding: chunked']],
    ['a folded line', ['X-A: a', ' b']],
    ['another coding than chunked', ['Transfer-Encoding: gzip, chunked']],
    ['a coding with an odd byte', ['Transfer-Encoding: chunked\xa0']],
  ])('%s is 400 with our body and reaches nothing', async (_title, lines) => {
    await using echo = await startEcho({ ownCookies: { session: 'bff-dev', signInPrefix: 'bff-dev-tx-' } })
    const { first } = await sendRaw(echo.address, get('/users/u', lines))
    expect(first.status).toBe(400)
    expect(first.json()).toMatchObject({ status: 400, error: { code: 'bad_request' }, requestId: expect.stringMatching(/^req_/) })
    expect(echo.reached).toEqual([])
    expect((await sendRaw(echo.address, get('/users/u'))).first.status).toBe(200)
  })

  test('a coding that is not chunked gets one answer and no second one', async () => {
    await using echo = await startEcho()
    const { answers } = await sendRaw(
      echo.address,
      `PUT /users/u HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
      {
        untilClose: true,
      },
    )
    expect(answers.map(({ status }) => status)).toEqual([400])
    expect(echo.reached).toEqual([])
  })

  test('a request without Host is 400 in our body', async () => {
    await using echo = await startEcho()
    const { first } = await sendRaw(echo.address, 'GET /users/u HTTP/1.1\r\n\r\n')
    expect([first.status, code(first.json())]).toEqual([400, 'bad_request'])
  })

  test.each([
    ['101 headers', Array(101).fill('A: 1')],
    ['2,000 headers', Array(2000).fill('A: 1')],
    ['more than 16 KB', [`A: ${'a'.repeat(17_000)}`]],
  ])('%s are 431', async (_title, lines) => {
    await using echo = await startEcho()
    const { first } = await sendRaw(echo.address, get('/users/u', lines))
    expect([first.status, code(first.json())]).toEqual([431, 'headers_too_large'])
    expect(echo.reached).toEqual([])
  })

  test('names that other servers take as commands mean nothing', async () => {
    await using echo = await startEcho()
    const lines = [
      'X-HTTP-Method-Override: DELETE',
      'X-Original-URL: /admin',
      'X-Rewrite-URL: /admin',
      'X-Forwarded-User: admin',
      'X-User-Id: bob',
    ]
    const { first } = await sendRaw(echo.address, get('/users/u?_method=DELETE', lines))
    expect(first.json()).toMatchObject({ id: 'u', method: 'GET' })
  })
})

describe('the host', () => {
  const askFor = async (host: string, given: string[]): Promise<number> => {
    await using echo = await startEcho({ origins: createOrigins(given) })
    return (await sendRaw(echo.address, `GET /users/u HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).first.status
  }

  test('must be one of ours, whatever its case', async () => {
    const ours = ['https://app.example.com', 'https://staff.example.com:8443']
    for (const host of ['app.example.com', 'APP.example.com', 'app.example.com:443', 'staff.example.com:8443'])
      expect(await askFor(host, ours)).toBe(200)
    for (const host of [
      'evil.com',
      'app.example.com.evil.com',
      'app.example.com:81',
      'staff.example.com',
      'app.example.com.',
      '',
      'localhost',
    ]) {
      expect([host, await askFor(host, ours)]).toEqual([host, 421])
    }
  })

  test('the names of the loopback are one, on the same port', async () => {
    for (const host of ['localhost:3000', '127.0.0.1:3000', '[::1]:3000']) expect(await askFor(host, ['http://localhost:3000'])).toBe(200)
    for (const host of ['localhost:3001', '127.0.0.1', '127.0.0.2:3000']) expect(await askFor(host, ['http://localhost:3000'])).toBe(421)
  })

  test('may be known only after listening', async () => {
    const origins = createOrigins([])
    await using echo = await startEcho({ origins })
    const status = async () => (await sendRaw(echo.address, get('/users/u'))).first.status
    expect(await status()).toBe(421)
    expect(origins.settle(80)).toEqual(['http://localhost:80'])
    expect(await status()).toBe(200)
  })

  test('is not looked at on the private listener', async () => {
    await using echo = await startEcho()
    expect((await sendRaw(echo.address, 'GET /users/u HTTP/1.1\r\nHost: anything\r\n\r\n')).first.status).toBe(200)
    expect((await sendRaw(echo.address, 'GET /users/u HTTP/1.0\r\n\r\n')).first.status).toBe(200)
  })
})

describe('X-Forwarded-For', () => {
  const seen = async (trustedProxies: string[], ...lines: string[]): Promise<unknown> => {
    await using echo = await startEcho({ trustedProxies })
    return ((await sendRaw(echo.address, get('/users/u', lines))).first.json() as { address: string }).address
  }

  test('counts only from configured peers, hop by hop from the right', async () => {
    expect(await seen([], 'X-Forwarded-For: 192.0.2.1')).toBe('127.0.0.1')
    expect(await seen(['10.0.0.0/8'], 'X-Forwarded-For: 192.0.2.1')).toBe('127.0.0.1')
    expect(await seen(['127.0.0.0/8'], 'X-Forwarded-For: 192.0.2.1')).toBe('192.0.2.1')
    expect(await seen(['127.0.0.1'], 'X-Forwarded-For: 6.6.6.6, 192.0.2.1')).toBe('192.0.2.1')
    expect(await seen(['127.0.0.1', '10.0.0.0/8'], 'X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 192.0.2.1:5000, 10.1.1.1')).toBe(
      '192.0.2.1',
    )
    expect(await seen(['127.0.0.1'], 'X-Forwarded-For: [2001:DB8::1]:443')).toBe('2001:db8::1')
    expect(await seen(['127.0.0.1'], 'X-Forwarded-For: nonsense')).toBe('127.0.0.1')
    expect(await seen(['127.0.0.1'])).toBe('127.0.0.1')
  })

  test('from elsewhere it is worth one warning', async () => {
    const warnings: string[] = []
    await using echo = await startEcho({ onUntrustedForward: (peer) => warnings.push(peer) })
    for (const line of ['X-Forwarded-Proto: https', 'X-Forwarded-For: 192.0.2.1']) await sendRaw(echo.address, get('/users/u', [line]))
    expect(warnings).toEqual(['127.0.0.1'])
  })

  test('a setting that is no CIDR block stops the start', async () => {
    for (const cidr of ['10.0.0.0/33', 'proxy', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '']) {
      await expect(startEcho({ trustedProxies: [cidr] })).rejects.toThrow('not an IP address or CIDR block')
    }
  })
})
