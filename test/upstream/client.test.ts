/** What is sent upstream, and what each of its answers becomes. */
import { describe, expect, test } from '@jest/globals'
import type { Answer } from '../../src/contract/answers.ts'
import type { Operation } from '../../src/contract/operation.ts'
import { all, operations } from '../../src/contract/operations.ts'
import type { UpstreamCall } from '../../src/upstream/call.ts'
import { appAt, appId, json, keyIds, listen, problemOf, secrets, upstreamWith, user } from './vendor.ts'

const bodies: Record<Answer, unknown> = {
  AppUserResponse: user,
  AppUserChannelsResponse: { channels: [{ type: 'twilio', phoneNumber: '+1' }] },
  AppUserBusinessSystemsResponse: { businessSystems: [] },
  AuthCodeResponse: { authCode: 'x' },
  LinkRequestResponse: { linkRequests: [] },
  MessageResponse: {},
  Empty: {},
}

const params = { userId: 'steveb@channel5.com', channel: 'twilio' }
const query = { integrationIds: 'a,b' }
const callOf = (operation: Operation): UpstreamCall<Operation> => ({
  operation,
  params,
  query,
  ...(operation.takes && { body: { some: 'zoë' } }),
})
const jsonRows = all.filter(({ takes }) => takes !== 'ImageUpload')
const byEffect = {
  read: operations.get_app_user,
  reveal: operations.get_app_user_auth_code,
  write: operations.update_app_user,
  guarded: operations.delete_app_user,
}
const effects = Object.entries(byEffect) as [keyof typeof byEffect, Operation][]

describe('a call that succeeds', () => {
  test.each(jsonRows.map((row) => [row.id, row] as const))(
    '%s is sent once, from invited headers and a body of our own making',
    async (_id, row) => {
      await using vendor = await listen(json(row.status ?? 200, bodies[row.returns], { 'x-request-id': 'vendor-1' }))
      using upstream = upstreamWith()
      const answer = await upstream.call(appAt(`${vendor.origin}/sc`), callOf(row))
      const told = { calls: 1, durationMs: expect.any(Number), requestId: 'vendor-1' }
      expect(answer).toEqual({ status: row.status ?? 200, body: bodies[row.returns], ...told })
      expect(upstream.called).toEqual([
        { operation: row.id, status: answer.status, ms: expect.any(Number), attempt: 1, requestId: 'vendor-1' },
      ])

      const [request, ...others] = vendor.requests
      const path = row.path.replace(':userId', 'steveb%40channel5.com').replace(':channel', 'twilio')
      expect(others).toEqual([])
      expect([request?.method, request?.url]).toEqual([
        row.method,
        `/sc/v1.1/apps/${appId}${path}${row.query ? '?integrationIds=a%2Cb' : ''}`,
      ])
      expect(request?.body.toString()).toBe(row.takes ? '{"some":"zoë"}' : '')
      expect(request?.headers).toEqual({
        accept: 'application/json',
        'accept-encoding': 'identity',
        authorization: `Basic ${btoa(`${keyIds[0]}:${secrets[0]}`)}`,
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
        connection: row.effect === 'guarded' ? 'close' : 'keep-alive',
        host: vendor.origin.slice('http://'.length),
        'user-agent': 'smooch-bff',
        ...(row.takes && { 'content-type': 'application/json', 'content-length': '15' }),
      })
    },
  )

  test.each([
    ['an empty 200', 200, ''],
    ['a 204', 204, ''],
    ['an object', 200, '{"some":"thing"}'],
  ])('%s is {} where the vendor says nothing', async (_name, status, text) => {
    await using vendor = await listen((_req, res) => res.writeHead(status).end(text))
    using upstream = upstreamWith()
    expect(await upstream.call(appAt(vendor.origin), { operation: operations.delete_app_user, params })).toMatchObject({ status, body: {} })
  })

  test('an id that cannot be proved is never sent', async () => {
    await using vendor = await listen(json(200, {}))
    using upstream = upstreamWith()
    const problem = await problemOf(
      upstream.call(appAt(vendor.origin), { operation: operations.delete_app_user, params: { userId: '..' } }),
    )
    expect([problem.code, problem.particulars.outcome, vendor.requests.length]).toEqual(['invalid_id', 'not_sent', 0])
  })

  test('a key that cannot stand in a header is an alarm, and no library gets to quote it', async () => {
    await using vendor = await listen(json(200, user))
    using upstream = upstreamWith()
    const app = { ...appAt(vendor.origin, { auth: 'jwt' }), keys: [{ id: 'k', secret: { reveal: () => 'PLANTED\nKEY' } as never }] }
    const problem = await problemOf(upstream.call(app, { operation: operations.get_app_user, params }))
    expect([problem.code, problem.particulars.outcome, vendor.requests.length]).toEqual(['upstream_credentials', 'not_sent', 0])
    expect(String(problem.cause)).not.toContain('PLANTED')
    expect(upstream.alarms).toEqual([{ code: 'upstream_credentials', appId, status: 0, keyId: 'k' }])
    expect((await problemOf(upstream.call({ ...app, keys: [] }, { operation: operations.get_app_user, params }))).code).toBe(
      'upstream_credentials',
    )
  })
})

describe('a refusal', () => {
  const refuse = async (status: number, body: unknown, row: Operation = operations.update_app_user) => {
    await using vendor = await listen(json(status, body, { 'retry-after': '30' }))
    using upstream = upstreamWith()
    const problem = await problemOf(upstream.call(appAt(vendor.origin), callOf(row)))
    return { problem, alarms: upstream.alarms, sends: vendor.requests.length }
  }
  const words = (code: unknown, description: unknown = 'Some words') => ({ error: { code, description } })

  test.each([
    [400, 'bad_request', 400],
    [402, 'payment_required', 402],
    [404, 'user_not_found', 404],
    [409, 'conflict', 409],
    [413, 'too_large', 413],
    [422, 'bad_request', 400],
    [423, 'locked', 423],
  ])("a %d is the caller's: %s", async (status, code, ours) => {
    const { problem, alarms, sends } = await refuse(status, words('some_code'))
    expect(problem).toMatchObject({
      code,
      status: ours,
      particulars: { outcome: 'failure', vendorCode: 'some_code', vendorDescription: 'Some words' },
    })
    expect([alarms, sends]).toEqual([[], 1])
  })

  test.each([
    [401, 'upstream_credentials'],
    [403, 'upstream_credentials'],
    [405, 'upstream_error'],
    [418, 'upstream_error'],
    [421, 'upstream_error'],
    [451, 'upstream_error'],
  ])("a %d is ours: %s, and the vendor's words stay with us", async (status, code) => {
    for (const [, row] of effects) {
      const { problem, sends } = await refuse(status, words('unauthorized'), row)
      expect(problem).toMatchObject({ code, status: 502, particulars: { outcome: 'failure' } })
      expect([problem.particulars.vendorCode, problem.particulars.vendorDescription, problem.particulars.headers]).toEqual([
        undefined,
        undefined,
        undefined,
      ])
      expect(sends).toBe(1)
    }
  })

  test.each([
    ['its code', words('app_not_found'), operations.get_app_user],
    ['its words', words('not_found', 'App not found'), operations.get_app_user],
    ['a page that is not of the API', '<html>', operations.get_app_user],
    ['a row that names nobody', words('not_found'), operations.pre_create_app_user],
  ])('a 404 of the app is known by %s', async (_name, body, row) => {
    const { problem, alarms } = await refuse(404, body, row)
    expect([problem.code, problem.particulars.outcome]).toEqual(['upstream_misconfigured', 'failure'])
    expect(alarms).toEqual([{ code: 'upstream_misconfigured', appId, status: 404, keyId: keyIds[0] }])
  })

  test.each(['Upper', '_x', 'a b', 'a', 'x'.repeat(42), 7, keyIds[0]])('%j is no code to pass on', async (code) => {
    expect((await refuse(400, words(code))).problem.particulars.vendorCode).toBeUndefined()
  })

  test('the words are cut, cleaned, and dropped whole when they hold a credential', async () => {
    const said = async (description: unknown) =>
      (await refuse(400, words('bad_request', description))).problem.particulars.vendorDescription
    expect(await said('words '.repeat(90))).toHaveLength(300)
    expect(await said('a\r\nb\u0000c\u202ed\u001b[31m')).toBe('abcd[31m')
    expect(await said({ not: 'text' })).toBeUndefined()
    for (const it of [secrets[0], keyIds[0], btoa(`${keyIds[0]}:${secrets[0]}`), `${secrets[0].slice(0, 5)}\n${secrets[0].slice(5)}`]) {
      expect(await said(`${'x'.repeat(295)}${it}`)).toBeUndefined()
    }
  })

  test('an endless refusal is still a refusal', async () => {
    await using vendor = await listen((_req, res) => {
      res.writeHead(409)
      const flood = () => {
        while (!res.destroyed && res.write('x'.repeat(65_536)));
      }
      res.on('drain', flood)
      flood()
    })
    using upstream = upstreamWith()
    const problem = await problemOf(upstream.call(appAt(vendor.origin), callOf(operations.delete_app_user)))
    expect([problem.code, problem.particulars.outcome]).toEqual(['conflict', 'failure'])
  })

  test.each(effects)('a 429 on a %s row is 503 upstream_busy', async (effect, row) => {
    const { problem, sends } = await refuse(429, words('too_many_requests'), row)
    expect([problem.code, problem.status, problem.particulars.outcome, sends]).toEqual(['upstream_busy', 503, 'failure', 1])
    // The vendor's Python client would send a DELETE again by itself.
    expect(problem.particulars.headers).toEqual(effect === 'guarded' ? undefined : { 'Retry-After': '30' })
  })
})

describe('two keys', () => {
  /** Takes the second key only. */
  const choosy = () =>
    listen((req, res) => {
      const second = req.headers.authorization === `Basic ${btoa(`${keyIds[1]}:${secrets[1]}`)}`
      json(second ? 200 : 401, second ? user : {})(req, res)
    })

  test.each(effects.filter(([effect]) => effect === 'read' || effect === 'write'))(
    'a %s row tries the other key once, and stays with it',
    async (_effect, row) => {
      await using vendor = await choosy()
      using upstream = upstreamWith()
      const app = appAt(vendor.origin, { keys: 2 })
      expect(await upstream.call(app, callOf(row))).toMatchObject({ status: 200, calls: 2 })
      expect(await upstream.call(app, callOf(row))).toMatchObject({ status: 200, calls: 1 })
      expect(upstream.alarms).toEqual([{ code: 'upstream_credentials', appId, status: 401, keyId: keyIds[0] }])
      expect(vendor.requests).toHaveLength(3)
    },
  )

  test('a guarded row is sent once; the next one goes out with the other key', async () => {
    await using vendor = await choosy()
    using upstream = upstreamWith()
    const app = appAt(vendor.origin, { keys: 2 })
    const problem = await problemOf(upstream.call(app, callOf(operations.delete_app_user)))
    expect([problem.code, problem.particulars.outcome, vendor.requests.length]).toEqual(['upstream_credentials', 'failure', 1])
    expect(await upstream.call(app, callOf(operations.delete_app_user))).toMatchObject({ status: 200, calls: 1 })
  })

  test('when both are refused, two sends and two alarms are all', async () => {
    await using vendor = await listen(json(403, {}))
    using upstream = upstreamWith()
    const problem = await problemOf(upstream.call(appAt(vendor.origin, { keys: 2 }), callOf(operations.get_app_user)))
    expect([problem.code, vendor.requests.length, upstream.alarms.length]).toEqual(['upstream_credentials', 2, 2])
  })
})
