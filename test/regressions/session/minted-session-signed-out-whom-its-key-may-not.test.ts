/** Whoever held a key for users minted a session in an admin's name, saw there where the admin was signed in, and signed the admin out with it: the cap bounded the key and not what was minted with it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bff, type Carried, type Mint, startBff } from '../../support/bff.ts'
import { canaryServiceKey } from '../../support/canaries.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores = [['in this process', {}], ...(redisUrl ? [['Redis', { REDIS_URL: redisUrl }]] : [])] as [string, Record<string, string>][]
const key = { authorization: `Bearer ${canaryServiceKey}-2` }

describe.each(stores)('a session minted by a capped key, %s', (_name, env) => {
  let bff: Bff
  beforeAll(async () => {
    bff = await startBff({ env: { SERVICE_KEYS: `full:${canaryServiceKey},capped:${canaryServiceKey}-2:user+agent`, ...env } })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })
  const minted = async (json: Mint): Promise<Carried> => {
    const { json: answer } = await bff.private('POST', '/sessions', { kind: 'bearer', ...json }, key)
    return { authorization: `Bearer ${answer.token}` }
  }
  const lives = async (headers: Carried) => (await bff.call('GET', '/auth/session', { headers })).json.signedIn as boolean
  const idOf = async (headers: Carried) => (await bff.call('GET', '/auth/session', { headers })).json.sessionId as string

  test.each<[string, Mint, Mint]>([
    ['a user who is an admin', { userId: 'ada', roles: ['user', 'admin'] }, { userId: 'ada' }],
    ['an admin by actor', { actor: { id: 'boss' }, roles: ['admin'] }, { actor: { id: 'boss' }, roles: ['agent'] }],
    ['a program', { kind: 'service', actor: { id: 'crm' }, roles: ['agent'] }, { actor: { id: 'crm' }, roles: ['agent'] }],
  ])('neither lists nor ends the sessions of %s under the same name', async (_who, theirs, ours) => {
    const [victim, own, other] = [await bff.signIn(theirs), await minted(ours), await minted(ours)]
    const [hidden, current] = [await idOf(victim), await idOf(own)]
    const { sessions } = (await bff.call('GET', '/auth/sessions', { headers: own })).json as { sessions: { sessionId: string }[] }
    expect(sessions.map(({ sessionId }) => sessionId)).toContain(current)
    expect(sessions.map(({ sessionId }) => sessionId)).not.toContain(hidden)
    expect((await bff.call('DELETE', `/auth/sessions/${hidden}`, { headers: own })).status).toBe(404)
    expect((await bff.call('DELETE', '/auth/sessions', { headers: own })).status).toBe(204)
    expect(await Promise.all([victim, own, other].map(lives))).toEqual([true, false, false])
    // The person sees and ends all of it.
    const third = await minted(ours)
    expect((await bff.call('DELETE', '/auth/sessions', { headers: victim })).status).toBe(204)
    expect(await Promise.all([victim, third].map(lives))).toEqual([false, false])
  })

  test('ends every session of somebody who holds nothing beyond the cap, now and under way', async () => {
    const [elsewhere, own] = [await bff.signIn({ userId: 'plain' }), await minted({ userId: 'plain' })]
    const authTime = Math.floor(Date.now() / 1000)
    expect((await bff.call('DELETE', '/auth/sessions', { headers: own })).status).toBe(204)
    expect(await Promise.all([elsewhere, own].map(lives))).toEqual([false, false])
    expect((await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'plain', authTime })).status).toBe(409)
  })
})
