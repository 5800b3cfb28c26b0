/** An upstream that breaks: what is sent again, what never is, and what is then known. Arrivals are counted at a bare socket. */
import { describe, expect, test } from '@jest/globals'
import type { Operation } from '../../src/contract/operation.ts'
import { operations } from '../../src/contract/operations.ts'
import type { UpstreamCall } from '../../src/upstream/call.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { appAt, json, keyIds, listen, listenRaw, problemOf, secrets, upstreamWith, user } from './vendor.ts'

const rows = {
  read: operations.get_app_user,
  reveal: operations.get_app_user_auth_code,
  write: operations.update_app_user,
  guarded: operations.delete_app_user,
}
const each = Object.entries(rows) as [keyof typeof rows, Operation][]
const callOf = (operation: Operation): UpstreamCall<Operation> => ({
  operation,
  params: { userId: 'u' },
  ...(operation.takes && { body: {} }),
})
const changes = (effect: string) => effect === 'write' || effect === 'guarded'
/** What a call ends with that was answered, but not with an answer. */
const unclear = (effect: string) => (changes(effect) ? 'upstream_unknown' : 'upstream_error')
const http = (status: string, body = '', ...headers: string[]) =>
  [`HTTP/1.1 ${status}`, `content-length: ${body.length}`, ...headers, '', body].join('\r\n')

/** Lets a raw server answer each send; gives the problem and how many requests arrived. */
const failing = async (row: Operation, answer: Parameters<typeof listenRaw>[0], options = {}) => {
  await using vendor = await listenRaw(answer)
  using upstream = upstreamWith(options)
  const problem = await problemOf(upstream.call(appAt(vendor.origin, { keys: 2 }), callOf(row)))
  return { problem, outcome: problem.particulars.outcome, sends: vendor.arrivals.length, called: upstream.called }
}

/** A call that had not arrived when its time was over, as on a busy machine, is made again. */
const inTime = (row: Operation, answer: Parameters<typeof listenRaw>[0]) =>
  until(
    () => failing(row, answer, { timeLimit: () => 80 }),
    ({ sends }) => sends > 0,
  )

describe.each(each)('a %s row', (effect, row) => {
  test.each(['301 Moved', '302 Found', '303 See Other', '307 Temporary', '308 Permanent'])('does not follow %s', async (status) => {
    await using elsewhere = await listen(json(200, user))
    const { problem, outcome, sends } = await failing(row, (socket) => socket.write(http(status, '', `location: ${elsewhere.origin}/`)))
    expect([problem.code, outcome, sends, elsewhere.requests.length]).toEqual([unclear(effect), 'unknown', 1, 0])
  })

  test('is sent once when the answer is 421, which the global fetch repeats by itself', async () => {
    const { problem, outcome, sends } = await failing(row, (socket) => socket.write(http('421 Misdirected')))
    expect([problem.code, outcome, sends]).toEqual(['upstream_error', 'failure', 1])
  })

  test.each(['502 Bad', '503 Busy', '504 Slow'])(
    `is sent ${effect === 'read' ? 'three times' : 'once'} when the answer is %s`,
    async (status) => {
      const { problem, outcome, sends, called } = await failing(row, (socket) =>
        socket.write(http(status, '', ...(effect === 'read' ? [] : ['retry-after: 5']))),
      )
      expect([problem.code, outcome, sends]).toEqual([unclear(effect), 'unknown', effect === 'read' ? 3 : 1])
      expect(problem.particulars.headers).toBeUndefined()
      expect(called.map(({ attempt }) => attempt)).toEqual(effect === 'read' ? [1, 2, 3] : [1])
    },
  )

  test('is sent once when the answer is 500, and what it says stays with us', async () => {
    const { problem, outcome, sends } = await failing(row, (socket) =>
      socket.write(http('500 Oops', `{"error":{"code":"x1","description":"${secrets[0]} ${keyIds[0]}"}}`)),
    )
    expect([problem.code, outcome, sends]).toEqual([unclear(effect), 'unknown', 1])
    expect(JSON.stringify([problem, problem.message, String(problem.cause)])).not.toMatch(/UNMISTAKABLE|app_aaaa/)
  })

  test(`is sent ${effect === 'read' ? 'three times' : 'once'} when the connection is reset`, async () => {
    const { problem, outcome, sends } = await failing(row, (socket) => socket.resetAndDestroy())
    expect([problem.code, problem.status]).toEqual([changes(effect) ? 'upstream_unknown' : 'upstream_timeout', 504])
    expect([outcome, sends]).toEqual(['unknown', effect === 'read' ? 3 : 1])
  })

  test('is sent once when a kept connection is closed under it', async () => {
    await using vendor = await listenRaw((socket, nth) =>
      nth === 1 ? socket.write(http('200 OK', JSON.stringify(user))) : socket.destroy(),
    )
    using upstream = upstreamWith()
    const app = appAt(vendor.origin)
    await upstream.call(app, callOf(operations.get_app_user))
    const problem = await problemOf(upstream.call(app, { ...callOf(row), retry: false }))
    expect([problem.status, problem.particulars.outcome, vendor.arrivals.length]).toEqual([504, 'unknown', 2])
  })

  test('gives up in time when nothing comes', async () => {
    const { problem, outcome, sends } = await inTime(row, () => {})
    expect([problem.code, problem.status, outcome, sends]).toEqual([
      changes(effect) ? 'upstream_unknown' : 'upstream_timeout',
      504,
      'unknown',
      1,
    ])
  })

  test('gives up in time when the body never ends', async () => {
    const drip = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n'
    const { problem, sends } = await inTime(row, (socket) => socket.write(drip))
    expect([problem.code, problem.status, sends]).toEqual([changes(effect) ? 'upstream_unknown' : 'upstream_timeout', 504, 1])
  })

  test('says that the outcome is not known when the answer is cut short', async () => {
    const { problem, outcome, sends } = await failing(row, (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{'))
    expect([problem.status, outcome, sends]).toEqual([504, 'unknown', effect === 'read' ? 3 : 1])
  })

  test.each([
    ['a page', http('200 OK', '<html>')],
    ['another model', http('200 OK', '[]')],
    ['a number', http('200 OK', '7')],
    ['bytes that are not UTF-8', http('200 OK', '{"\xff":1}')],
    ['something that is not HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['a status beyond HTTP', http('999 What')],
  ])('does not take %s for an answer', async (_name, text) => {
    const { problem, outcome, sends } = await failing(row, (socket) => socket.write(text, 'latin1'))
    expect([problem.code, problem.status, outcome, sends]).toEqual([unclear(effect), changes(effect) ? 504 : 502, 'unknown', 1])
  })

  test('does not hold an endless answer', async () => {
    let written = 0
    const { problem, outcome } = await failing(row, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      const flood = () => {
        while (!socket.destroyed && socket.write(' '.repeat(65_536))) written += 65_536
      }
      socket.on('drain', flood)
      flood()
    })
    expect([problem.code, outcome]).toEqual([unclear(effect), 'unknown'])
    expect(written).toBeLessThan(20_000_000)
  })

  test('says that nothing was sent when nobody listens', async () => {
    using upstream = upstreamWith()
    const problem = await problemOf(upstream.call(appAt(`http://127.0.0.1:${await freePort()}`), callOf(row)))
    expect([problem.code, problem.status, problem.particulars.outcome]).toEqual(['upstream_error', 502, 'not_sent'])
    expect(upstream.called).toHaveLength(effect === 'read' ? 3 : 1)
  })

  test('says that nothing was sent when the name does not resolve', async () => {
    using upstream = upstreamWith()
    const problem = await problemOf(upstream.call(appAt('http://nowhere.invalid'), { ...callOf(row), retry: false }))
    expect([problem.code, problem.particulars.outcome]).toEqual(['upstream_error', 'not_sent'])
  })
})

describe('a read that is sent again', () => {
  test('may succeed', async () => {
    await using vendor = await listenRaw((socket, nth) =>
      nth < 3 ? socket.write(http('503 Busy')) : socket.write(http('200 OK', JSON.stringify(user))),
    )
    using upstream = upstreamWith()
    expect(await upstream.call(appAt(vendor.origin), callOf(rows.read))).toMatchObject({ status: 200, calls: 3, body: user })
  })

  test('is not, when the caller asks for one try', async () => {
    await using vendor = await listenRaw((socket) => socket.write(http('503 Busy')))
    using upstream = upstreamWith()
    await problemOf(upstream.call(appAt(vendor.origin), { ...callOf(rows.read), retry: false }))
    expect(vendor.arrivals).toHaveLength(1)
  })

  test('waits as long as a short Retry-After says, and leaves a long one to the caller', async () => {
    await using vendor = await listenRaw((socket, nth) =>
      socket.write(nth === 1 ? http('503 Busy', '', 'retry-after: 1') : http('503 Busy', '', 'retry-after: 3')),
    )
    using upstream = upstreamWith()
    const started = performance.now()
    const problem = await problemOf(upstream.call(appAt(vendor.origin), callOf(rows.read)))
    expect(performance.now() - started).toBeGreaterThan(990)
    expect([problem.code, vendor.arrivals.length]).toEqual(['upstream_error', 2])
  })

  test('does not start a try that its time limit has no room for', async () => {
    const { sends } = await failing(rows.read, (socket) => socket.write(http('503 Busy', '', 'retry-after: 2')), { timeLimit: () => 1000 })
    expect(sends).toBe(1)
  })

  test('shares one time limit over all tries', async () => {
    const started = performance.now()
    const { problem, sends } = await failing(rows.read, (socket, nth) => (nth === 1 ? socket.write(http('503 Busy')) : undefined), {
      timeLimit: () => 4_000,
    })
    expect([problem.code, sends]).toEqual(['upstream_timeout', 2])
    // A limit of its own for each try would be 8 s.
    expect(performance.now() - started).toBeLessThan(7_900)
  })
})
