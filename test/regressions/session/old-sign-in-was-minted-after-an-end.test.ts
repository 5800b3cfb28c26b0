/** After a person's sessions were ended, a backend that still remembered the sign-in of before could mint the next one with its `authTime`, as if nothing had happened. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { appId, type Bff, startBff } from '../../support/bff.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores: [string, Record<string, string>][] = [
  ['in this process', {}],
  ...(redisUrl ? [['in Redis', { REDIS_URL: redisUrl }] as [string, Record<string, string>]] : []),
]
const now = () => Math.floor(Date.now() / 1000)

describe.each(stores)('sessions %s', (_name, env) => {
  let bff: Bff
  beforeAll(async () => {
    bff = await startBff({ env })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })
  let count = 0
  const mint = (json: object) => bff.private('POST', '/sessions', json)
  const end = (json: object) => bff.private('POST', '/sessions/end', json)

  test.each(['cookie', 'bearer', 'service'] as const)(
    'a %s is not minted on a sign-in from before the end, but on a later one',
    async (kind) => {
      const userId = `leaver-${++count}`
      const person = { kind, userId, actor: { id: userId } }
      const before = now()
      expect((await mint({ ...person, authTime: before })).status).toBe(201)
      expect((await end({ userId })).status).toBe(204)
      for (const authTime of [before, before - 3_600, 1]) {
        const answer = await mint({ ...person, authTime })
        expect([answer.status, answer.json.error.code, answer.json.detail]).toEqual([
          409,
          'conflict',
          expect.stringMatching(/^authTime: .*sign in again/),
        ])
      }
      await sleep(1_000)
      expect((await mint({ ...person, authTime: now() })).status).toBe(201)
      // Who says nothing of when says that it is now.
      expect((await mint(person)).status).toBe(201)
      expect((await mint({ ...person, userId: `${userId}-else`, authTime: before })).status).toBe(201)
    },
  )

  test('staff by their actor id, and whoever ended all of the own sessions, are held to it', async () => {
    const agent = { kind: 'bearer', roles: ['agent'], actor: { id: `agent-${++count}` } } as const
    const authTime = now()
    await bff.signIn({ ...agent, roles: [...agent.roles] })
    await end({ actorId: agent.actor.id })
    expect((await mint({ ...agent, authTime })).status).toBe(409)
    const userId = `self-${++count}`
    const headers = await bff.signIn({ userId })
    expect((await bff.call('DELETE', '/auth/sessions', { headers })).status).toBe(204)
    expect((await mint({ kind: 'bearer', userId, authTime })).status).toBe(409)
  })

  test('so is a person who was deleted', async () => {
    const userId = `deleted-${++count}`
    bff.sandbox.createUser(appId, { userId })
    const authTime = now()
    const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
    expect((await bff.call('DELETE', `/v1.1/appusers/${userId}`, { headers: admin })).status).toBe(200)
    expect((await mint({ kind: 'bearer', userId, authTime })).status).toBe(409)
  })

  test('an end that comes while sessions are minted leaves none of them alive', async () => {
    const userId = `race-${++count}`
    const authTime = now()
    const minting = Array.from({ length: 20 }, () => mint({ kind: 'bearer', userId, authTime }))
    await end({ userId })
    for (const { status, json } of await Promise.all(minting)) {
      if (status !== 201) expect(status).toBe(409)
      else
        expect((await bff.call('GET', '/auth/session', { headers: { authorization: `Bearer ${json.token}` } })).json).toEqual({
          signedIn: false,
        })
    }
  })

  test('the end of a whole app counts for everybody in it', async () => {
    const authTime = now()
    expect((await end({ everyone: true })).status).toBe(204)
    expect((await mint({ kind: 'bearer', userId: `anybody-${++count}`, authTime })).status).toBe(409)
    expect((await mint({ kind: 'bearer', userId: `anybody-${++count}` })).status).toBe(201)
  })
})
