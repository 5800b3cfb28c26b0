/** JSON bodies: what is read, what is refused, and how fast. */
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { z } from 'zod'
import { checkBody } from '../../../src/contract/body-faults.ts'
import { parseStrictJson } from '../../../src/http/request/strict-json.ts'
import { codePoint } from '../../support/any-text.ts'
import { startEcho } from '../../support/http-app.ts'
import { type SendOptions, sendRaw } from '../../support/raw.ts'

const request = (method: string, body: string | Buffer, headers: string[] = ['Content-Type: application/json']): Buffer =>
  Buffer.concat([
    Buffer.from(
      `${method} /users/u HTTP/1.1\r\nHost: a\r\n${headers.map((line) => `${line}\r\n`).join('')}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
    ),
    Buffer.from(body),
  ])

const outcome = async (bytes: string | Buffer | (string | Buffer)[], options?: SendOptions, withinMs?: number): Promise<string> => {
  await using echo = await startEcho({}, withinMs ? { body: { withinMs } } : {})
  const { first } = await sendRaw(echo.address, bytes, options)
  const { detail } = first.json() as { detail?: string }
  return `${first.status} ${detail ?? first.body}`
}

const full = (length: number): string => `{"a":"${'x'.repeat(length - 8)}"}`
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('what is read', () => {
  test.each([
    ['an object', '{"a":[1,-2.5e3,true,null,"\\ud83d\\ude00é"],"b":{}}'],
    ['equal keys in different objects', '{"a":{"a":1},"b":[{"a":1},{"a":1}]}'],
    ['keys and values that hold punctuation', '{"a:{[,":"}],{\\"","a":"\\\\"}'],
    ['depth 16', nested(16)],
    ['100 KB', full(100 * 1024)],
    ['a bare value', ' 1 '],
  ])('%s', async (_title, body) => {
    await using echo = await startEcho()
    const { first } = await sendRaw(echo.address, request('PUT', body))
    expect(first.json()).toEqual({ body: JSON.parse(body) })
  })

  test.each(['application/json; charset=utf-8', 'Application/JSON;charset=UTF-8', 'application/json; charset="utf-8"'])(
    'as %s',
    async (type) => {
      expect(await outcome(request('PUT', '{}', [`Content-Type: ${type}`]))).toBe('200 {"body":{}}')
    },
  )

  test('in chunks', async () => {
    const head = 'PUT /users/u HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await outcome([head, '3\r\n{"a\r\n', '4\r\n":1}\r\n0\r\n\r\n'])).toBe('200 {"body":{"a":1}}')
  })
})

describe('what is refused', () => {
  test.each([
    ['charset=utf-7', ['Content-Type: application/json; charset=utf-7']],
    ['another parameter', ['Content-Type: application/json; profile=x']],
    ['another type', ['Content-Type: text/json']],
    ['a vendor type', ['Content-Type: application/vnd.api+json']],
    ['two types in one', ['Content-Type: application/json, text/plain']],
    ['no type', []],
    ['gzip', ['Content-Type: application/json', 'Content-Encoding: gzip']],
  ])('%s with 415', async (_title, headers) => {
    expect(await outcome(request('PUT', '{}', headers))).toMatch(/^415 /)
  })

  test.each([
    ['{"a":1,"a":2}', 'holds a key twice at a.'],
    ['{"a":1,"\\u0061":2}', 'holds a key twice at a.'],
    ['{"x":[{},{"b":{"k":1,"k":1}}]}', 'holds a key twice at x[1].b.k.'],
    ['{"__proto__":{"admin":true}}', 'holds a key that is not accepted at __proto__.'],
    ['{"p":{"\\u005f_proto__":1}}', 'holds a key that is not accepted at p.__proto__.'],
    ['{"constructor":1}', 'not accepted at constructor.'],
    ['{"prototype":1}', 'not accepted at prototype.'],
    [nested(17), 'nested more than 16 deep at [0]'],
    [nested(50_000), 'nested more than 16 deep'],
    ['{"a":"\\ud800"}', 'holds half a surrogate pair at a.'],
    ['{"a":1,"\\udc00":1}', 'holds half a surrogate pair at ?.'],
    ['{"a":1e999}', 'holds a number out of range at a.'],
    ['[0,-1e999]', 'holds a number out of range at [1].'],
    ['\ufeff{}', 'begins with a byte order mark.'],
    ['', 'is empty.'],
    ['{"a":"secret', 'is not valid JSON'],
    ['{"a":1,}', 'is not valid JSON at character 7.'],
    ["{'a':1}", 'is not valid JSON'],
    ['{"a":NaN}', 'is not valid JSON'],
    ['{}{}', 'is not valid JSON'],
  ])('%.40s with 400', async (body, detail) => {
    const answer = await outcome(request('PUT', body))
    expect(answer).toMatch(/^400 The body /)
    expect(answer).toContain(detail)
    expect(answer).not.toContain('secret')
  })

  test('bytes that are not UTF-8 with 400', async () => {
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
      const body = Buffer.concat([Buffer.from('"'), Buffer.from(bytes), Buffer.from('"')])
      expect(await outcome(request('PUT', body))).toBe('400 The body is not valid UTF-8.')
    }
  })

  test('a byte more than 100 KB with 413, whether the length was told or not', async () => {
    const body = full(100 * 1024 + 1)
    expect(await outcome(request('PUT', body))).toMatch(/^413 /)
    const head = 'PUT /users/u HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await outcome([head, `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`])).toMatch(/^413 /)
  })

  test('an upload that is far too large gets its answer although it is still being sent, and the connection ends', async () => {
    await using echo = await startEcho()
    const { first, reset, closed } = await sendRaw(echo.address, [request('PUT', Buffer.alloc(20 * 1024 * 1024))], {
      untilClose: true,
    })
    expect([first.status, first.headers['connection'], reset, closed]).toEqual([413, 'close', false, true])
  })

  test('a body that is told and never sent is refused at once when too large, and with 408 when late', async () => {
    const head = (length: number) =>
      `PUT /users/u HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
    expect(await outcome(head(200_000))).toMatch(/^413 /)
    expect(await outcome([head(10), '{'], {}, 100)).toMatch(/^408 /)
  })

  test('what is pipelined behind a refused upload is not carried out', async () => {
    await using echo = await startEcho()
    const { answers } = await sendRaw(echo.address, [request('PUT', full(300_000)), request('DELETE', '')], {
      untilClose: true,
    })
    expect(answers.map(({ status }) => status)).toEqual([413])
    expect(echo.reached).toEqual(['PUT /users/u'])
  })

  test('a broken chunk with one 400', async () => {
    await using echo = await startEcho()
    const head = 'PUT /users/u HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
    const { answers } = await sendRaw(echo.address, [head, '3\r\n{"a\r\n', 'zz\r\n'], { untilClose: true })
    expect(answers.map(({ status }) => status)).toEqual([400])
  })
})

test('whatever JSON there is means here what it means everywhere', () => {
  const text = fc.jsonValue({ maxDepth: 10, depthSize: 'large', stringUnit: codePoint }).map((value) => JSON.stringify(value, null, 1))
  fc.assert(
    fc.property(
      text.filter((json) => !/__proto__|constructor|prototype/.test(json)),
      (json) => isDeepStrictEqual(parseStrictJson(Buffer.from(json)), JSON.parse(json)),
    ),
  )
})

test('hostile bodies cost time by their length alone: eight times as long, not sixty-four times as slow', () => {
  const many = (size: number, piece: (at: number) => string, open: string, end: string) => {
    let text = open + piece(0)
    for (let at = 1; text.length < size; at += 1) text += `,${piece(at)}`
    return text + end
  }
  const bodies = (size: number) => [
    nested(size / 2),
    '['.repeat(size),
    '{"a":'.repeat(size / 5),
    many(size, (at) => `"k${at}":1`, '{', '}'),
    many(size, (at) => `"${at}":1`, '{', '}'),
    many(size, () => '{}', '[', ']'),
    many(size, () => '1', '[', ']'),
    `"${'\\u0061'.repeat(size / 6)}"`,
    `"${'\\"'.repeat(size / 2)}`,
    `"${'\\\\'.repeat(size / 2)}"`,
    '"'.repeat(size),
    ' '.repeat(size),
    `[1${'0'.repeat(size)}]`,
    '-'.repeat(size),
    many(size, (at) => `"a":${at}`, '{', '}'),
  ]
  /** Milliseconds of processor time: what others take adds nothing to it. */
  const took = (bytes: Buffer): number => {
    const begin = process.threadCpuUsage()
    try {
      parseStrictJson(bytes)
    } catch {}
    return process.threadCpuUsage(begin).user / 1_000
  }
  // The best of five, and up to ten times, since caches are shared with others. Below a millisecond nothing is told by a ratio.
  // Above half a megabyte V8's JSON.parse outgrows the space for new objects, and takes three times as long for that alone.
  const [small, large] = [bodies(48 * 1024), bodies(8 * 48 * 1024)].map((all) => all.map((body) => Buffer.from(body)))
  const best = (body: Buffer): number => Math.min(...Array.from({ length: 5 }, () => took(body)))
  for (const at of small!.keys()) {
    let ratio = Infinity
    for (let tries = 0; tries < 10 && ratio >= 24; tries += 1) ratio = Math.min(ratio, best(large![at]!) / Math.max(1, best(small![at]!)))
    expect(ratio).toBeLessThan(24)
  }
})

describe('the body of a GET or DELETE', () => {
  test('is read and dropped when sound, and the connection goes on', async () => {
    await using echo = await startEcho()
    for (const method of ['GET', 'DELETE']) {
      const two = Buffer.concat([request(method, '{"a":1}'), request(method, '', ['Content-Type: application/json'])])
      const { answers } = await sendRaw(echo.address, two, { expect: 2 })
      expect(answers.map(({ status }) => status)).toEqual([200, 200])
    }
    const typed = 'GET /users/u HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\r\n'
    expect((await sendRaw(echo.address, typed)).first.status).toBe(200)
    expect((await sendRaw(echo.address, typed.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'))).first.status).toBe(
      200,
    )
  })

  test('is refused when malformed, too large or of another type', async () => {
    expect(await outcome(request('DELETE', '{'))).toMatch(/^400 /)
    expect(await outcome(request('DELETE', full(100 * 1024 + 1)))).toMatch(/^413 /)
    expect(await outcome(request('DELETE', 'a=1', ['Content-Type: text/plain']))).toMatch(/^415 /)
  })
})

describe('a body that does not fit its schema', () => {
  const schema = z.strictObject({
    givenName: z.string().max(5).nullable().optional(),
    userId: z.string(),
    kind: z.enum(['a', 'b']).optional(),
    list: z.array(z.strictObject({ uri: z.string() })).optional(),
    properties: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  })
  const detail = (value: unknown): string => {
    try {
      return `passed ${JSON.stringify(checkBody(schema, value))}`
    } catch (problem) {
      return (problem as Error).message
    }
  }
  test.each([
    [{ userId: 'u' }, 'passed {"userId":"u"}'],
    [{ userId: 'u', givenName: 42 }, 'givenName: expected string'],
    [{}, 'userId: is required'],
    [[], 'body: expected object'],
    ['SECRET', 'body: expected object'],
    [{ userId: 'u', list: [{ uri: 'x' }, { uri: 1 }] }, 'list[1].uri: expected string'],
    [{ userId: 'u', pushed: 'SECRET' }, 'body: unknown field pushed'],
    [{ userId: 'u', 'SECRET <b>': 1 }, 'body: unknown field ?'],
    [{ userId: 'u', list: [{ uri: 'x', more: 1 }] }, 'list[0]: unknown field more'],
    [{ userId: 'u', kind: 'SECRET' }, 'kind: must be one of a, b'],
    [{ userId: 'u', givenName: 'SECRET' }, 'givenName: may have at most 5 characters'],
    [{ userId: 'u', properties: { 'SECRET KEY': [] } }, 'properties["SECRET KEY"]: expected string or number'],
  ])('%j is refused by field and never by value', (value, message) => {
    expect(detail(value)).toBe(message)
  })
})
