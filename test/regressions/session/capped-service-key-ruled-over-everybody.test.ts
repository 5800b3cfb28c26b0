/** A cap bounded only the roles of a minted session: with a key for users one could mint programs, end every session and take an admin's roles away. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bff, type Carried, startBff } from '../../support/bff.ts'
import { canaryServiceKey } from '../../support/canaries.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores = [['in this process', {}], ...(redisUrl ? [['Redis', { REDIS_URL: redisUrl }]] : [])] as [string, Record<string, string>][]
const caps = ['user', 'user+agent', 'agent+service', 'user+agent+admin+auditor']
const keyOf = (cap: string) => ({ authorization: `Bearer ${canaryServiceKey}-${cap.replaceAll('+', '-')}` })

describe.each(stores)('a capped service key, %s', (_name, env) => {
  let bff: Bff
  beforeAll(async () => {
    const capped = caps.map((cap, at) => `k${at}:${canaryServiceKey}-${cap.replaceAll('+', '-')}:${cap}`)
    bff = await startBff({ env: { SERVICE_KEYS: [`full:${canaryServiceKey}`, ...capped].join(','), ...env } })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })
  const mint = async (cap: string, json: unknown) => (await bff.private('POST', '/sessions', json, keyOf(cap))).status
  const end = async (cap: string, json: unknown) => (await bff.private('POST', '/sessions/end', json, keyOf(cap))).status
  const setRoles = async (cap: string, json: unknown) => (await bff.private('POST', '/sessions/roles', json, keyOf(cap))).status
  const whoIs = async (headers: Carried) => (await bff.call('GET', '/auth/session', { headers })).json
  const user = (userId: string) => bff.signIn({ userId })
  const staff = (id: string, roles: ('agent' | 'admin' | 'auditor')[]) => bff.signIn({ actor: { id }, roles })

  test('mints programs only when the cap holds service', async () => {
    const program = { kind: 'service', actor: { id: 'poster' } }
    expect(await mint('user', { ...program, userId: 'u1', roles: ['user'] })).toBe(403)
    expect(await mint('user+agent', { ...program, roles: ['agent'] })).toBe(403)
    expect(await mint('user+agent+admin+auditor', { ...program, roles: ['admin'] })).toBe(403)
    expect(await mint('agent+service', { ...program, roles: ['agent'] })).toBe(201)
    expect(await mint('agent+service', { ...program, roles: ['admin'] })).toBe(403)
    expect(await mint('user', { kind: 'bearer', userId: 'u1' })).toBe(201)
  })

  test('sees and ends the sessions of programs within its cap', async () => {
    const made = async (roles: string[]) =>
      (await bff.private('POST', '/sessions', { kind: 'service', roles, actor: { id: `p-${roles[0]}` } })).json.sessionId as string
    const [agent, admin] = [await made(['agent']), await made(['admin'])]
    const seen = async (cap: string) => (await bff.private('GET', '/sessions', undefined, keyOf(cap))).text
    expect(await seen('agent+service')).toContain(agent)
    for (const cap of caps) expect(await seen(cap)).not.toContain(admin)
    for (const cap of caps) expect((await bff.private('DELETE', `/sessions/${admin}`, undefined, keyOf(cap))).status).toBe(404)
    expect((await bff.private('DELETE', `/sessions/${agent}`, undefined, keyOf('user'))).status).toBe(404)
    expect((await bff.private('DELETE', `/sessions/${agent}`, undefined, keyOf('agent+service'))).status).toBe(204)
    expect((await bff.private('DELETE', `/sessions/${admin}`)).status).toBe(204)
  })

  test('signs nobody out who holds more than it could give', async () => {
    const [plain, both, admin] = [
      await user('plain'),
      await bff.signIn({ userId: 'both', actor: { id: 'both' }, roles: ['user', 'admin'] }),
      await staff('boss', ['admin']),
    ]
    const program = await bff.signIn({ kind: 'service', userId: 'robot', actor: { id: 'robot' } })
    for (const cap of caps) expect(await end(cap, { everyone: true })).toBe(403)
    for (const cap of ['user', 'user+agent', 'agent+service']) {
      expect(await end(cap, { userId: 'both' })).toBe(403)
      expect(await end(cap, { actorId: 'boss' })).toBe(403)
    }
    for (const cap of ['user', 'user+agent+admin+auditor']) expect(await end(cap, { userId: 'robot' })).toBe(403)
    expect(await end('user', { actorId: 'nobody-known' })).toBe(403)
    for (const headers of [both, admin, program]) expect(await whoIs(headers)).toMatchObject({ signedIn: true })
    expect(await end('user', { userId: 'plain' })).toBe(204)
    expect(await whoIs(plain)).toEqual({ signedIn: false })
    expect(await end('user+agent+admin+auditor', { actorId: 'boss' })).toBe(204)
  })

  test("changes nobody's roles who holds more than it could give, also when only the last change says so", async () => {
    const admin = await staff('chief', ['admin'])
    for (const roles of [[], ['agent']]) expect(await setRoles('user+agent', { actorId: 'chief', roles })).toBe(403)
    for (const roles of [[], ['user']]) expect(await setRoles('user', { actorId: 'chief', roles })).toBe(403)
    expect(await whoIs(admin)).toMatchObject({ roles: ['admin'] })
    expect((await bff.private('POST', '/sessions/roles', { actorId: 'away', roles: ['admin'] })).status).toBe(204)
    expect(await setRoles('user+agent', { actorId: 'away', roles: [] })).toBe(403)
    const agent = await staff('helper', ['agent'])
    expect(await setRoles('user+agent', { actorId: 'helper', roles: [] })).toBe(204)
    expect(await whoIs(agent)).toMatchObject({ roles: [] })
  })

  test('gets no role by a change that somebody else makes later', async () => {
    const answer = await bff.private('POST', '/sessions', { kind: 'cookie', userId: 'risen' }, keyOf('user'))
    const headers = { cookie: answer.json.setCookie.split(';')[0], 'x-bff-csrf': '1', 'sec-fetch-site': 'same-origin' }
    await bff.private('POST', '/sessions/roles', { userId: 'risen', roles: ['user', 'admin'] })
    const refreshed = await bff.call('POST', '/auth/refresh', { headers })
    expect(refreshed.status).toBe(200)
    const cookie = refreshed.headers.get('set-cookie')!.split(';')[0]!
    expect(await whoIs({ ...headers, cookie })).toMatchObject({ roles: ['user'] })
  })

  test('pushes no session out that it could not have minted', async () => {
    const admin = await bff.signIn({ userId: 'full-house', actor: { id: 'full-house' }, roles: ['user', 'admin'] })
    for (let i = 0; i < 12; i++) expect(await mint('user', { kind: 'bearer', userId: 'full-house' })).toBe(201)
    expect(await whoIs(admin)).toMatchObject({ signedIn: true })
    expect((await bff.call('GET', '/auth/sessions', { headers: admin })).json.sessions).toHaveLength(10)
  })
})
