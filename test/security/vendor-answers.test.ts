/** H1, H2: whatever the vendor answers, the caller gets our words, our status and never our key. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Fault } from '../../src/dev/sandbox/faults.ts'
import { answeredCalls, appId, type Bff, type Carried, keyId, mina, startBff } from '../support/bff.ts'
import { canaryKey } from '../support/canaries.ts'

let bff: Bff
let self: Carried
let admin: Carried
let program: Carried
beforeAll(async () => {
  bff = await startBff({ hangMs: 400 })
  self = await bff.signIn()
  admin = await bff.signIn({ roles: ['admin', 'agent'], actor: { id: 'ada' } })
  program = await bff.signIn({ kind: 'service', roles: ['admin', 'agent', 'service'], actor: { id: 'back-office' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})
let doomed: string
beforeEach(async () => {
  bff.sandbox.clearFaults()
  for (let times = 0; times < 2; times += 1) await answeredCalls(bff, self)
  doomed = bff.sandbox.createUser(appId, { userId: `doomed-${Math.random()}` })._id
  bff.sent()
})

/** The pause that a 429 asks for holds for the whole app. */
const pauseIsOver = () => sleep(1_050)

const received = (operation: string, from: number) => bff.sandbox.requests.slice(from).filter((it) => it.operation === operation).length

describe('H1', () => {
  const odd: [string, Fault, number, string][] = [
    ['a redirect', { redirect: 'http://127.0.0.1:9/elsewhere' }, 502, 'upstream_error'],
    ['a permanent redirect', { redirect: '/v1.1/apps/other', status: 308 }, 502, 'upstream_error'],
    ['401', { status: 401 }, 502, 'upstream_credentials'],
    ['403', { status: 403 }, 502, 'upstream_credentials'],
    [
      '404 of the app',
      { status: 404, body: { error: { code: 'app_not_found', description: 'App not found' } } },
      502,
      'upstream_misconfigured',
    ],
    ['404 of something else', { status: 404, html: '<h1>not here</h1>' }, 502, 'upstream_misconfigured'],
    ['a page', { html: '<h1>hello</h1>' }, 502, 'upstream_error'],
    ['an array', { body: [] }, 502, 'upstream_error'],
    ['an object of another shape', { body: { appUser: { _id: 5 } } }, 502, 'upstream_error'],
    ['an endless body', { endless: true }, 502, 'upstream_error'],
    ['503', { status: 503 }, 502, 'upstream_error'],
    ['418', { status: 418 }, 502, 'upstream_error'],
  ]

  /** A 4xx says that nothing was done; whatever else is no answer says nothing. */
  const mayBeDone = ({ status = 200 }: Fault) => status < 400 || status >= 500

  test.each(odd)('%s to a read', async (_what, fault, status, code) => {
    bff.sandbox.fault({ operation: 'get_app_user', ...fault })
    for (const headers of [self, admin]) {
      const answer = await bff.call('GET', `/v1.1/appusers/${mina.userId}`, { headers })
      expect([answer.status, answer.json.error.code]).toEqual([status, code])
      expect(answer.headers.get('location')).toBeNull()
    }
  })

  test.each([
    ...odd
      .filter(([, { body, endless }]) => !body && !endless)
      .map(([what, fault, status, code]) => (mayBeDone(fault) ? [what, fault, 504, 'upstream_unknown'] : [what, fault, status, code])),
    ['a reset after it was done', { reset: true, applied: true }, 504, 'upstream_unknown'],
    ['a reset', { reset: true }, 504, 'upstream_unknown'],
    ['no answer', { hang: true }, 504, 'upstream_unknown'],
    ['429', { status: 429, retryAfter: 1 }, 503, 'upstream_busy'],
    ['503 with Retry-After', { status: 503, retryAfter: 30 }, 504, 'upstream_unknown'],
  ] as [string, Fault, number, string][])(
    '%s to a DELETE: it was sent exactly once, and nobody is told to send it again',
    async (_what, fault, status, code) => {
      const from = bff.sandbox.requests.length
      bff.sandbox.fault({ operation: 'delete_app_user', ...fault })
      const answer = await bff.call('DELETE', `/v1.1/appusers/${doomed}`, { headers: admin })
      expect([answer.status, answer.json.error.code]).toEqual([status, code])
      expect([received('delete_app_user', from), answer.headers.get('retry-after')]).toEqual([1, null])
      if (code === 'upstream_busy') await pauseIsOver()
    },
  )

  test('an unknown outcome ends the sessions of the person who may be gone; a refusal does not', async () => {
    for (const [fault, status] of [
      [{ reset: true }, 401],
      [{ hang: true }, 401],
      [{ status: 500 }, 401],
      [{ status: 400 }, 200],
      [{ status: 423 }, 200],
    ] as [Fault, number][]) {
      const { userId = '' } = bff.sandbox.createUser(appId, { userId: `person-${Math.random()}` })
      const theirs = await bff.signIn({ userId })
      bff.sandbox.fault({ operation: 'delete_app_user', times: 1, ...fault })
      await bff.call('DELETE', `/v1.1/appusers/${userId}`, { headers: admin })
      expect([fault, (await bff.call('GET', '/v1.1/appusers/me', { headers: theirs })).status]).toEqual([fault, status])
    }
  })
})

describe('H2', () => {
  /** Our key in every form in which the vendor, or a proxy before it, could repeat it. */
  const spoken = (): [string, string][] => {
    const sent = bff.sandbox.requests.at(-1)!.headers.authorization!
    return [
      ['the secret', canaryKey],
      ['the key id', keyId],
      ['the Basic form', Buffer.from(`${keyId}:${canaryKey}`).toString('base64')],
      ['the token that we signed', sent],
      ['the token in quotes', `"${sent.replace('Bearer ', '')}"`],
      ['the secret with invisible characters in it', [...canaryKey].join('\u200b')],
    ]
  }
  const traces = (text: string) =>
    [canaryKey, keyId, Buffer.from(`${keyId}:${canaryKey}`).toString('base64').slice(4, 40), 'eyJhbGci'].filter((trace) =>
      text.replaceAll('\u200b', '').includes(trace),
    )

  test.each([400, 401, 402, 403, 404, 409, 413, 418, 422, 423, 429, 500, 502, 503])(
    'a %i whose body holds our key shows it to nobody',
    async (status) => {
      await bff.call('GET', `/v1.1/appusers/${mina.userId}`, { headers: admin })
      for (const [form, words] of spoken()) {
        const bodies = [
          { error: { code: 'bad_request', description: `no: ${words}` } },
          { error: { code: words, description: words } },
          words,
        ]
        // After a 429 nothing is sent for a second.
        for (const body of status === 429 ? bodies.slice(0, 1) : bodies) {
          bff.sandbox.clearFaults()
          bff.sandbox.fault({
            operation: 'update_app_user',
            status,
            body,
            headers: { 'x-request-id': words.replaceAll('\u200b', ''), 'www-authenticate': words.replaceAll('\u200b', '') },
          })
          for (const headers of status === 429 ? [admin] : [self, admin, program]) {
            if ([429, 502, 503].includes(status)) await answeredCalls(bff, self)
            const answer = await bff.call('PUT', `/v1.1/appusers/${mina.userId}`, { headers, json: { givenName: 'Mina' } })
            expect(answer.json.error.code).not.toBe('upstream_unavailable')
            if (status === 429) await pauseIsOver()
            expect([form, answer.status >= 400, traces(answer.text + JSON.stringify([...answer.headers]))]).toEqual([form, true, []])
          }
        }
      }
      // The vendor's name for a call goes to the log: it must not be a way in.
      expect(traces(JSON.stringify(bff.lines)).filter((trace) => trace !== keyId)).toEqual([])
    },
  )

  test("the vendor's words are for staff and programs, and short", async () => {
    bff.sandbox.fault({
      operation: 'update_app_user',
      status: 400,
      body: { error: { code: 'bad_request', description: `foreign bob@x.example ${'long '.repeat(200)}` } },
    })
    const told = async (headers: Carried) =>
      (await bff.call('PUT', `/v1.1/appusers/${mina.userId}`, { headers, json: { givenName: 'Mina' } })).json.error.description
    expect(await told(self)).toBe('The request is malformed.')
    for (const headers of [admin, program])
      expect([(await told(headers)).slice(0, 7), (await told(headers)).length]).toEqual(['foreign', 300])
  })
})
