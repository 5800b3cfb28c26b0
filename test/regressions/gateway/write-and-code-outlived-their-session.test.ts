/** A change or a code of somebody who had not been met yet was still asked for when the session had ended while the vendor was slow to say who that is: up to eight seconds after the end was acknowledged. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type Bff, imageForm, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores: [string, Record<string, string>][] = [
  ['in this process', {}],
  ...(redisUrl ? [['in Redis', { REDIS_URL: redisUrl }] as [string, Record<string, string>]] : []),
]
/** What is asked before the call itself. */
const before = new Set<string | null>(['get_app_user', 'pre_create_app_user'])

describe.each(stores)('sessions %s', (_name, env) => {
  let bff: Bff
  beforeAll(async () => {
    bff = await startBff({ env })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })
  beforeEach(() => bff.sandbox.clearFaults())
  let count = 0

  type Options = Parameters<Bff['call']>[2]
  const rows: [string, string, string, () => Options][] = [
    ['a change', 'PUT', '/v1.1/appusers/me', () => ({ json: { givenName: 'Mina' } })],
    ['a code', 'GET', '/v1.1/appusers/me/authcode', () => ({})],
    ['a link request', 'GET', '/v1.1/appusers/me/linkrequest?integrationIds=5963c0d619a30a2e00de36b8', () => ({})],
    ['a list of channels', 'GET', '/v1.1/appusers/me/channels', () => ({})],
    ['an image', 'POST', '/v1.1/appusers/me/images', () => ({ body: imageForm('appUser') })],
  ]
  const during = async (row: number, slow: 'get_app_user' | 'pre_create_app_user', meanwhile: (userId: string) => Promise<unknown>) => {
    const userId = `unmet-${++count}`
    const headers = await bff.signIn({ userId })
    const { promise: held, resolve } = Promise.withResolvers<void>()
    bff.sandbox.fault({ operation: slow, held, times: 1 })
    bff.sent()
    const earlier = bff.sandbox.requests.length
    const [, method, path, options] = rows[row]!
    const answer = bff.call(method, path, { headers, ...options() })
    await until(() => bff.sandbox.requests.slice(earlier).some(({ operation }) => operation === slow))
    await meanwhile(userId)
    resolve()
    const { status } = await answer
    const sent = bff.sandbox.requests.slice(-bff.sent()).map(({ operation }) => operation)
    return { status, sent: sent.filter((operation) => !before.has(operation)) }
  }
  const end = (userId: string) => bff.private('POST', '/sessions/end', { userId })

  test.each(rows.map(([name], at) => [name, at] as const))(
    '%s is not asked for when the session ended while the user was being read or created',
    async (_what, at) => {
      expect(await during(at, 'get_app_user', end)).toEqual({ status: 401, sent: [] })
      expect(await during(at, 'pre_create_app_user', end)).toEqual({ status: 401, sent: [] })
    },
  )

  test('nor when the role was taken away, but when nothing happened', async () => {
    const demote = (userId: string) => bff.private('POST', '/sessions/roles', { userId, roles: [] })
    expect(await during(0, 'get_app_user', demote)).toEqual({ status: 403, sent: [] })
    expect(await during(0, 'get_app_user', async () => undefined)).toEqual({ status: 200, sent: ['update_app_user'] })
  })
})
