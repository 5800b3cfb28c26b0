/** Every row of the table against every outcome, by cookie and by bearer. A fourteenth row is tested the moment it is written. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Operation, Role } from '../../src/contract/operation.ts'
import { all } from '../../src/contract/operations.ts'
import type { Body } from '../../src/contract/schemas.ts'
import type { Fault } from '../../src/dev/sandbox/faults.ts'
import { type Answer, appId, type Bff, type Carried, imageForm, startBff } from '../support/bff.ts'

/** Two services take turns: one that the vendor has asked for a pause sends nothing for a second. */
let bff: Bff
let other: Bff
const pauses = new Map<Bff, Promise<unknown>>()
beforeAll(async () => {
  ;[bff, other] = [await startBff({ hangMs: 400 }), await startBff({ hangMs: 400 })]
})
afterAll(async () => {
  await Promise.all([bff, other].map((it) => it[Symbol.asyncDispose]()))
})

interface Scene {
  readonly headers: Carried
  readonly path: string
  readonly json?: unknown
  readonly body?: BodyInit
}

let count = 0

const newUser = () => {
  count += 1
  const user = bff.sandbox.createUser(appId, {
    userId: `person-${count}`,
    givenName: 'Ada',
    clients: [{ platform: 'twilio', externalId: `+1514555${1000 + count}` }],
  })
  return { _id: user._id, userId: `person-${count}` }
}

const samples: Record<Exclude<Body, 'ImageUpload'>, (userId: string, other: string) => unknown> = {
  AppUserPreCreate: (userId) => ({ userId: `${userId}-new`, givenName: 'Grace' }),
  AppUserUpdate: () => ({ givenName: 'Grace' }),
  AppUserLink: () => ({ type: 'twilio', phoneNumber: '+1 514 555 0199', confirmation: { type: 'prompt' } }),
  AppUserMerge: (userId, other) => ({ surviving: { _id: userId }, discarded: { _id: other } }),
}

/** A sound request for a row, by somebody who may make it. */
const scene = async (row: Operation, kind: 'cookie' | 'bearer', options: { roles?: Role[]; foreign?: boolean } = {}): Promise<Scene> => {
  const me = newUser()
  const other = newUser()
  const roles = options.roles ?? (row.by.includes('self') ? ['user'] : [row.by[0] as Role])
  const headers = await bff.signIn({ kind, roles, ...(roles.includes('user') ? { userId: me.userId } : { actor: { id: 'staff-1' } }) })
  const target = options.foreign ? other.userId : me.userId
  const query = row.query ? `?integrationIds=${bff.sandbox.integration(appId, 'messenger')}` : ''
  const path = `/v1.1/apps/${appId}${row.path.replace(':userId', target).replace(':channel', 'twilio')}${query}`
  if (row.takes === 'ImageUpload') return { headers, path, body: imageForm(roles.includes('user') ? 'appUser' : 'appMaker') }
  return row.takes ? { headers, path, json: samples[row.takes](me._id, other._id) } : { headers, path }
}

const send = async (row: Operation, { path, ...rest }: Scene): Promise<Answer> => {
  bff.sent()
  return await bff.call(row.method, path, rest)
}

/** What the vendor received of this very operation since `send`. */
const received = (row: Operation) => bff.sandbox.requests.filter(({ operation }) => operation === row.id).length

/** Whether a call without a clear answer may have changed something. */
const changes = ({ effect }: Operation) => effect === 'write' || effect === 'guarded'
const unclear = (row: Operation): [number, string] => (changes(row) ? [504, 'upstream_unknown'] : [502, 'upstream_error'])

const rows = all.map((row) => [row.id, row] as const)

describe.each(['cookie', 'bearer'] as const)('by %s', (kind) => {
  describe.each(rows)('%s', (_id, row) => {
    beforeAll(async () => {
      ;[bff, other] = [other, bff]
    })
    beforeEach(async () => await pauses.get(bff))

    test('succeeds as the table says', async () => {
      const ready = await scene(row, kind)
      const before = received(row)
      const answer = await send(row, ready)
      expect([answer.status, answer.text.slice(0, 200)]).toEqual([row.status ?? 200, expect.stringMatching(/^\{/)])
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('ratelimit')).toMatch(/r=\d+;t=\d+$/)
      expect(received(row) - before).toBe(1)
    })

    test('refuses without a session, and sends nothing', async () => {
      const { headers: _, ...rest } = await scene(row, kind)
      const answer = await send(row, { ...rest, headers: {} })
      expect([answer.status, answer.json.error.code, bff.sent()]).toEqual([401, 'unauthorized', 0])
    })

    test('refuses a role that it does not name, and sends nothing', async () => {
      const answer = await send(row, await scene(row, kind, { roles: ['auditor'] }))
      expect([answer.status, answer.json.error.code, bff.sent()]).toEqual([403, 'forbidden', 0])
    })

    test('hides a foreign user from an end user, and sends nothing', async () => {
      const answer = await send(row, await scene(row, kind, { roles: ['user'], foreign: true }))
      expect([answer.status, bff.sent()]).toEqual([row.by.includes('self') ? 404 : 403, 0])
    })

    test('refuses a bad body, and sends nothing', async () => {
      const { json: _, body: __, headers, ...rest } = await scene(row, kind)
      const bad =
        row.takes === 'ImageUpload'
          ? { headers, body: imageForm('appUser', new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml') }
          : row.takes
            ? { headers, json: { nonsense: true } }
            : { headers: { ...headers, 'content-type': 'application/json' }, body: '{' }
      // fetch sends no body with GET, so a GET shows an unknown query parameter instead.
      const answer =
        row.method === 'GET'
          ? await send(row, { ...rest, path: `${rest.path}${rest.path.includes('?') ? '&' : '?'}x=1`, headers })
          : await send(row, { ...rest, ...bad })
      expect([answer.status, bff.sent()]).toEqual([row.takes === 'ImageUpload' ? 415 : 400, 0])
    })

    test.each([
      ['404', { status: 404, body: { error: { code: 'user_not_found', description: 'User not found' } } }, 404, 'user_not_found'],
      ['409', { status: 409 }, 409, 'conflict'],
      ['500', { status: 500 }, ...unclear(row)],
      ['HTML', { html: '<h1>Hello</h1>' }, ...unclear(row)],
      ['a redirect', { redirect: 'http://127.0.0.1:9/' }, ...unclear(row)],
      ['nothing', { hang: true }, 504, changes(row) ? 'upstream_unknown' : 'upstream_timeout'],
      // The last one, since the pause that it asks for holds for the whole app.
      ['429', { status: 429, retryAfter: 1 }, 503, 'upstream_busy'],
    ] satisfies [string, Omit<Fault, 'operation'>, number, string][])(
      'passes on an upstream that answers %s',
      async (_name, fault, status, code) => {
        const ready = await scene(row, kind)
        const before = received(row)
        bff.sandbox.fault({ operation: row.id, ...fault })
        const answer = await send(row, ready)
        bff.sandbox.clearFaults()
        if (code === 'upstream_busy') pauses.set(bff, sleep(1_050))
        // Where no user is in the path, a 404 can only mean the app.
        const expected = status === 404 && row.subject === 'body' ? [502, 'upstream_misconfigured'] : [status, code]
        expect([answer.status, answer.json.error.code]).toEqual(expected)
        const sends = received(row) - before
        if (row.effect === 'read') expect(sends).toBeGreaterThan(0)
        else if (status !== 404) expect(sends).toBe(1)
        expect(answer.headers.has('retry-after')).toBe(code === 'upstream_busy' && row.effect !== 'guarded')
        expect(answer.headers.has('location')).toBe(false)
      },
    )
  })
})
