/** A program and a person with one actor id met each other's Idempotency-Keys, and programs with one actor id used up each other's limit. */
import { describe, expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'

const ada = { id: 'ada' }
const person = { actor: ada, roles: ['admin' as const] }
const program = { ...person, kind: 'service' as const }

describe('a program that bears the id of a person', () => {
  test('has Idempotency-Keys of its own, for what is guarded and for what is not', async () => {
    await using bff = await startBff()
    const key = { 'idempotency-key': 'k1' }
    const staff = { ...(await bff.signIn(person)), ...key }
    const script = { ...(await bff.signIn(program)), ...key }
    const create = (headers: Record<string, string>, userId: string) => bff.call('POST', '/v1.1/appusers', { headers, json: { userId } })
    expect((await create(staff, 'new-1')).json.appUser.userId).toBe('new-1')
    expect((await create(script, 'new-2')).json.appUser.userId).toBe('new-2')
    expect((await create(script, 'new-1')).json.error.code).toBe('idempotency_key_reused')
    const remove = (headers: Record<string, string>, userId: string) => bff.call('DELETE', `/v1.1/appusers/${userId}`, { headers })
    expect((await remove(staff, 'new-1')).status).toBe(200)
    expect((await remove(script, 'new-2')).status).toBe(200)
    const again = await remove(script, 'new-2')
    expect([again.status, again.headers.get('Idempotency-Replayed')]).toEqual([200, 'true'])
  })

  test('has a limit of its own, and so has each program', async () => {
    await using bff = await startBff()
    const left = async (headers: Record<string, string>) =>
      /r=(\d+)/.exec((await bff.call('GET', '/v1.1/appusers/nobody', { headers })).headers.get('RateLimit') ?? '')?.[1]
    const [first, second] = [await bff.signIn({ ...program, limit: 5 }), await bff.signIn({ ...program, limit: 5 })]
    expect([await left(first), await left(first), await left(second)]).toEqual(['4', '3', '4'])
  })
})
