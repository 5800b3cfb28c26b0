import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { appId, type Bff, startBff } from '../support/bff.ts'
import { canaryServiceKey } from '../support/canaries.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores = [['in this process', {}], ...(redisUrl ? [['Redis', { REDIS_URL: redisUrl }]] : [])] as [string, Record<string, string>][]
const pause = () => new Promise((resolve) => setTimeout(resolve, 5))

describe.each(stores)('the sessions of a person, %s', (_name, env) => {
  let bff: Bff
  beforeAll(async () => {
    bff = await startBff({ env })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })
  const list = async (headers: Record<string, string>) => (await bff.call('GET', '/auth/sessions', { headers })).json.sessions
  const lives = async (headers: Record<string, string>) => (await bff.call('GET', '/auth/session', { headers })).json.signedIn as boolean

  test('can be listed, and ended one by one', async () => {
    const [phone, tablet] = [await bff.signIn({ userId: 'lister' }), await bff.signIn({ userId: 'lister' })]
    const listed = await list(phone)
    expect(listed).toHaveLength(2)
    const other = listed.find(({ current }: { current: boolean }) => !current)
    expect(other).toEqual({
      sessionId: expect.stringMatching(/^s_/),
      current: false,
      kind: 'bearer',
      createdAt: expect.stringMatching(/Z$/),
      lastSeenAt: expect.stringMatching(/Z$/),
      expiresAt: expect.stringMatching(/Z$/),
    })
    expect((await bff.call('DELETE', `/auth/sessions/${other.sessionId}`, { headers: phone })).status).toBe(204)
    expect((await bff.call('DELETE', `/auth/sessions/${other.sessionId}`, { headers: phone })).status).toBe(404)
    expect([await lives(phone), await lives(tablet)]).toEqual([true, false])
  })

  test("nobody sees or ends another's", async () => {
    const [mine, theirs] = [await bff.signIn({ userId: 'one' }), await bff.signIn({ userId: 'two' })]
    const [{ sessionId }] = await list(theirs)
    expect(await list(mine)).toHaveLength(1)
    expect((await bff.call('DELETE', `/auth/sessions/${sessionId}`, { headers: mine })).status).toBe(404)
    expect((await bff.call('POST', '/auth/sessions/end', { headers: mine, json: { userId: 'two' } })).status).toBe(403)
    expect(await lives(theirs)).toBe(true)
  })

  test('are at most ten: the oldest ends, also when twenty come at once', async () => {
    const first = await bff.signIn({ userId: 'many' })
    const others = []
    for (let i = 0; i < 10; i++) {
      await pause()
      others.push(await bff.signIn({ userId: 'many' }))
    }
    expect(await lives(first)).toBe(false)
    expect(await Promise.all(others.map(lives))).toEqual(Array(10).fill(true))
    await Promise.all(Array.from({ length: 20 }, () => bff.signIn({ userId: 'many' })))
    const last = await bff.signIn({ userId: 'many' })
    expect(await list(last)).toHaveLength(10)
  })

  test('end at once when staff end them, and a later sign-in revives none', async () => {
    const agent = await bff.signIn({ roles: ['agent'], actor: { id: 'a' } })
    const old = await bff.signIn({ userId: 'ended/by staff' })
    expect((await bff.call('POST', '/auth/sessions/end', { headers: agent, json: { userId: 'ended/by staff' } })).status).toBe(204)
    expect(await lives(old)).toBe(false)
    const later = await bff.signIn({ userId: 'ended/by staff' })
    expect([await lives(old), await lives(later), await lives(agent)]).toEqual([false, true, true])
  })

  test('end by the word of the backend, for a person or for the whole app', async () => {
    const [one, two, staff] = [
      await bff.signIn({ userId: 'p1' }),
      await bff.signIn({ userId: 'p2' }),
      await bff.signIn({ roles: ['admin'], actor: { id: 's' } }),
    ]
    expect((await bff.private('POST', '/sessions/end', { userId: 'p1' })).status).toBe(204)
    expect([await lives(one), await lives(two), await lives(staff)]).toEqual([false, true, true])
    expect((await bff.private('POST', '/sessions/end', { actorId: 's' })).status).toBe(204)
    expect(await lives(staff)).toBe(false)
    expect((await bff.private('POST', '/sessions/end', { appId, everyone: true })).status).toBe(204)
    expect(await lives(two)).toBe(false)
    await pause()
    expect(await lives(await bff.signIn({ userId: 'p2' }))).toBe(true)
    for (const wrong of [{}, { userId: 'a', actorId: 'b' }, { userId: 'a', everyone: true }])
      expect((await bff.private('POST', '/sessions/end', wrong)).status).toBe(400)
  })

  describe('whose roles change', () => {
    const setRoles = (roles: string[], actorId = 'r', headers?: Record<string, string>) =>
      bff.private('POST', '/sessions/roles', { actorId, roles }, headers)
    const roles = async (headers: Record<string, string>) => (await bff.call('GET', '/auth/session', { headers })).json.roles

    test('lose what was taken on the next request, and gain only by a new token', async () => {
      const headers = await bff.signIn({ kind: 'cookie', roles: ['agent', 'admin'], actor: { id: 'r' } })
      expect((await setRoles(['agent', 'auditor'])).status).toBe(204)
      expect(await roles(headers)).toEqual(['agent'])
      const renewed = await bff.call('POST', '/auth/refresh', { headers })
      const cookie = renewed.headers.get('set-cookie')!.split(';')[0]!
      expect(await roles({ ...headers, cookie })).toEqual(['agent', 'auditor'])
      expect(await lives(headers)).toBe(false)
      const fresh = await bff.signIn({ roles: ['admin'], actor: { id: 'r' } })
      expect(await roles(fresh)).toEqual(['admin'])
      await setRoles([])
      expect([await roles(fresh), await roles({ ...headers, cookie })]).toEqual([[], []])
    })

    test('are not given more than the service key may', async () => {
      const capped = { authorization: `Bearer ${canaryServiceKey}-2` }
      expect((await setRoles(['admin'], 'other', capped)).status).toBe(403)
      expect((await setRoles(['agent'], 'other', capped)).status).toBe(204)
    })
  })
})
