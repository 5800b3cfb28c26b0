/** Odd answers of the vendor, to each row: how often the call was made, and what is then known. Counted by nock. */
import { describe, expect, test } from '@jest/globals'
import nock from 'nock'
import type { Operation } from '../../src/contract/operation.ts'
import { all, operations } from '../../src/contract/operations.ts'
import type { ImageForm } from '../../src/uploads/image.ts'
import type { UpstreamCall } from '../../src/upstream/call.ts'
import { interceptOutside, pending } from '../support/outside.ts'
import { appAt, problemOf, upstreamWith } from './vendor.ts'

interceptOutside()
const origin = 'https://vendor.example'
const anyPath = /^\/v1\.1\/apps\//

const image = (): ImageForm => ({
  contentType: 'multipart/form-data; boundary=b',
  sealed: true,
  whole: Promise.resolve(),
  parts: async function* () {
    yield Buffer.from('--b--\r\n')
  },
  cancel: () => {},
  [Symbol.dispose]: () => {},
})

const callOf = (operation: Operation): UpstreamCall<Operation> => ({
  operation,
  params: { userId: 'u', channel: 'twilio' },
  query: { integrationIds: 'a' },
  ...(operation.takes === 'ImageUpload' ? { image: image() } : operation.takes && { body: {} }),
  retry: false,
})

/** Expects one call, and a second one that must stay pending. */
const once = async (row: Operation, status: number, body = '', headers: Record<string, string> = {}) => {
  nock(origin).intercept(anyPath, row.method).query(true).times(2).reply(status, body, headers)
  using upstream = upstreamWith()
  const ending = await upstream.call(appAt(origin, { keys: 1 }), callOf(row)).then(
    () => 'success',
    (problem: unknown) => (problem as { particulars?: { outcome?: string } }).particulars?.outcome,
  )
  return { ending, left: pending().length, statuses: upstream.called.map((sent) => sent.status) }
}

const outcomes: [statuses: number[], outcome: string][] = [
  [
    [400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 417, 418, 421, 422, 423, 425, 426, 428, 429, 431, 451],
    'failure',
  ],
  [[202, 206, 300, 301, 302, 303, 304, 307, 308], 'unknown'],
  [[500, 501, 502, 503, 504, 505, 507, 511, 520, 599], 'unknown'],
]

describe.each(all.map((row) => [row.id, row] as const))('%s', (_id, row) => {
  test.each(outcomes)('is sent once for each of %j, and its outcome is %s', async (statuses, outcome) => {
    for (const status of statuses) {
      const body = status === 202 || status === 206 ? '<html>' : ''
      const found = await once(row, status, body, { location: 'https://elsewhere.example/', 'retry-after': '0' })
      expect([status, found]).toEqual([status, { ending: outcome, left: 1, statuses: [status] }])
    }
  })
})

describe('an answer of a wrong type or with odd headers', () => {
  test.each([
    ['a page', 200, '<html>', { 'content-type': 'text/html' }],
    ['a list', 200, '[]', {}],
    ['nothing but a length', 200, '', { 'content-length': '0' }],
  ])('%s is no user', async (_name, status, body, headers) => {
    expect(await once(operations.get_app_user, status, body, headers)).toMatchObject({ ending: 'unknown', left: 1 })
  })

  test.each(['0', '1', '60', '-1', 'soon', '99999999999', 'Wed, 21 Oct 2015 07:28:00 GMT', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
    'a 429 with Retry-After %s repeats no deletion',
    async (wait) => {
      const found = await once(operations.delete_app_user, 429, '', { 'retry-after': wait })
      expect(found).toEqual({ ending: 'failure', left: 1, statuses: [429] })
    },
  )

  test.each(['ratelimit-reset', 'x-ratelimit-reset', 'x-ratelimit-retry-after', 'x-rate-limit-reset'])(
    '%s is no reason to wait with a read',
    async (name) => {
      nock(origin)
        .get(anyPath)
        .times(3)
        .reply(503, '', { [name]: '3600' })
      using upstream = upstreamWith()
      await problemOf(upstream.call(appAt(origin), { ...callOf(operations.get_app_user), retry: true }))
      expect([upstream.called.length, pending()]).toEqual([3, []])
    },
  )

  test('two keys and a vendor in trouble: two retries and one change of the key are all', async () => {
    const statuses = [503, 401, 503, 503, 503]
    nock(origin)
      .get(anyPath)
      .times(statuses.length)
      .reply(() => [statuses.shift()!])
    using upstream = upstreamWith()
    await problemOf(upstream.call(appAt(origin, { keys: 2 }), { ...callOf(operations.get_app_user), retry: true }))
    expect([upstream.called.map(({ status }) => status), pending().length]).toEqual([[503, 401, 503, 503], 1])
  })
})
