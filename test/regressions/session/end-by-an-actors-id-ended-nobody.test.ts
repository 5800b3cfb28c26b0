/** An end that named staff or a program by the actor's id was acknowledged, and whoever had a userId as well went on; admins had no word for staff without a userId at all. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, type Mint, startBff } from '../../support/bff.ts'
import { canaryServiceKey } from '../../support/canaries.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores = [['in this process', {}], ...(redisUrl ? [['Redis', { REDIS_URL: redisUrl }]] : [])] as [string, Record<string, string>][]

describe.each(stores)('by the id of an actor, %s', (_name, env) => {
  let bff: Bff
  beforeAll(async () => {
    bff = await startBff({ env })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })
  const lives = async (headers: Carried) => (await bff.call('GET', '/auth/session', { headers })).json.signedIn as boolean
  const kinds: [string, Mint][] = [
    ['staff', { actor: { id: 'agent-1' }, roles: ['agent'] }],
    ['staff with a userId', { actor: { id: 'agent-2' }, userId: 'cust-2', roles: ['user', 'agent'] }],
    ['staff with a userId and a cookie', { kind: 'cookie', actor: { id: 'agent-3' }, userId: 'cust-3', roles: ['agent'] }],
    ['a program', { kind: 'service', actor: { id: 'program-4' }, roles: ['agent'] }],
    ['a program with a userId', { kind: 'service', actor: { id: 'program-5' }, userId: 'cust-5' }],
  ]

  test.each(kinds)('the backend ends the session of %s, and nobody is minted again on an older sign-in', async (_who, mint) => {
    const actorId = mint.actor!.id
    const [theirs, ofTheUser] = [await bff.signIn(mint), await bff.signIn({ userId: mint.userId ?? 'somebody' })]
    const authTime = Math.floor(Date.now() / 1000)
    expect((await bff.private('POST', '/sessions/end', { actorId })).status).toBe(204)
    expect(await Promise.all([theirs, ofTheUser].map(lives))).toEqual([false, true])
    expect((await bff.private('POST', '/sessions', { kind: 'bearer', ...mint, authTime })).status).toBe(409)
    expect(await lives(await bff.signIn(mint))).toBe(true)
  })

  test.each(kinds)('an admin ends the session of %s, an agent does not', async (_who, mint) => {
    const theirs = await bff.signIn(mint)
    const [agent, admin] = await Promise.all(
      (['agent', 'admin'] as const).map((role) => bff.signIn({ actor: { id: role }, roles: [role] })),
    )
    const end = async (headers: Carried) =>
      (await bff.call('POST', '/auth/sessions/end', { headers, json: { actorId: mint.actor!.id } })).status
    expect(await end(agent!)).toBe(403)
    expect(await lives(theirs)).toBe(true)
    expect(await end(admin!)).toBe(204)
    expect(await lives(theirs)).toBe(false)
  })

  test('a key may not end what it could not have minted', async () => {
    const headers = { authorization: `Bearer ${canaryServiceKey}-2` }
    const theirs = await bff.signIn({ actor: { id: 'admin-6' }, userId: 'cust-6', roles: ['user', 'admin'] })
    expect((await bff.private('POST', '/sessions/end', { actorId: 'admin-6' }, headers)).status).toBe(403)
    expect(await lives(theirs)).toBe(true)
  })

  test('roles that would be set for nobody are refused, with the name that counts', async () => {
    const theirs = await bff.signIn({ actor: { id: 'agent-7' }, userId: 'cust-7', roles: ['user', 'agent'] })
    const refused = await bff.private('POST', '/sessions/roles', { actorId: 'agent-7', roles: ['user'] })
    expect([refused.status, refused.json.detail]).toEqual([400, expect.stringContaining('userId')])
    expect((await bff.private('POST', '/sessions/roles', { userId: 'cust-7', roles: ['user'] })).status).toBe(204)
    expect((await bff.call('GET', '/auth/session', { headers: theirs })).json.roles).toEqual(['user'])
  })

  test('exactly one name is given', async () => {
    const headers = await bff.signIn({ actor: { id: 'admin' }, roles: ['admin'] })
    for (const json of [{}, { userId: 'a', actorId: 'b' }, { everyone: true }, { userId: 'a', appId }])
      expect((await bff.call('POST', '/auth/sessions/end', { headers, json })).status).toBe(400)
  })
})
