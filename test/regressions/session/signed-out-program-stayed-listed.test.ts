/** A program that ended its own session stayed in the list of live service sessions. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'

const redisUrl = process.env['TEST_REDIS_URL']

test.each([['in this process', {}], ...(redisUrl ? [['Redis', { REDIS_URL: redisUrl }]] : [])] as [string, Record<string, string>][])(
  'a service session that signed out is listed no more, %s',
  async (_store, env) => {
    await using bff = await startBff({ env })
    const actor = { id: `program-${Math.random()}` }
    const headers = await bff.signIn({ kind: 'service', roles: ['service'], actor })
    const listed = async () =>
      (await bff.private('GET', '/sessions')).json.sessions.filter((it: { actor: string }) => it.actor === actor.id)
    const [{ sessionId }] = await listed()
    expect((await bff.call('DELETE', '/auth/session', { headers })).status).toBe(204)
    expect(await listed()).toEqual([])
    expect((await bff.private('DELETE', `/sessions/${sessionId}`)).status).toBe(404)
  },
)
