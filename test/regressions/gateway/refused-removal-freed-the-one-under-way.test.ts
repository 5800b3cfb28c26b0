/** A removal that failed took back the mark of every other one: while an erasure was under way, a second one that was refused for any reason, or a merge that found nobody any more, let the person's own session create the person anew. */
import { describe, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores = [['in this process', {}], ...(redisUrl ? [['in Redis', { REDIS_URL: redisUrl }]] : [])] as [string, Record<string, string>][]

const isSent = async ({ sandbox }: Bff, operation: string): Promise<void> => {
  await until(() => sandbox.requests.some((request) => request.operation === operation))
}

/** Already gone at the vendor, whose answer to the erasure is on its way. */
const eraseSlowly = (bff: Bff, headers: Carried, held: Promise<void>) => {
  bff.sandbox.fault({ operation: 'delete_app_user', times: 1, applied: true, held })
  return bff.call('DELETE', '/v1.1/appusers/goes', { headers })
}

const second: [string, string, (bff: Bff, headers: Carried) => Promise<number>][] = [
  [
    'another deletion, which is refused',
    'delete_app_user',
    async (bff, headers) => {
      bff.sandbox.fault({ operation: 'delete_app_user', times: 1, status: 423 })
      return (await bff.call('DELETE', '/v1.1/appusers/goes', { headers })).status
    },
  ],
  [
    'a merge, which finds nobody',
    'merge_users',
    async (bff, headers) => {
      const json = { surviving: { _id: 'stays' }, discarded: { _id: 'goes' } }
      return (await bff.call('POST', '/v1.1/appusers/merge', { headers, json })).status
    },
  ],
]

describe.each(stores)('while an erasure is under way, %s', (_name, env) => {
  test.each(second)('%s, does not let the person be created anew', async (_what, operation, act) => {
    await using bff = await startBff({ env })
    const [ada, ben] = [
      await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } }),
      await bff.signIn({ roles: ['admin'], actor: { id: 'ben' } }),
    ]
    for (const userId of ['goes', 'stays']) bff.sandbox.createUser(appId, { userId })
    const appUser = { ...bff.sandbox.user(appId, 'goes')! }
    const person = await bff.signIn({ userId: 'goes' })
    expect((await bff.call('GET', '/v1.1/appusers/me/channels', { headers: person })).status).toBe(200)
    const { promise: held, resolve } = Promise.withResolvers<void>()
    const erased = eraseSlowly(bff, ada, held)
    await isSent(bff, 'delete_app_user')
    // Read a moment before it was gone.
    bff.sandbox.fault({ operation: 'get_app_user', userId: 'goes', times: 1, status: 200, body: { appUser } })
    expect(await act(bff, ben)).toBeGreaterThanOrEqual(400)
    await isSent(bff, operation)
    expect((await bff.call('GET', '/v1.1/appusers/me', { headers: person })).status).toBe(401)
    resolve()
    expect((await erased).status).toBe(200)
    expect(bff.sandbox.user(appId, 'goes')).toBeUndefined()
  })
})
