import { Agent, request } from 'node:http'
import { expect, test } from '@jest/globals'
import { type Bff, startBff } from '../support/bff.ts'
import { until } from '../support/until.ts'

const redisUrl = process.env['TEST_REDIS_URL']
/** IN_FLIGHT_ROUNDS=500 for the whole of it; a few rounds each time otherwise. */
const rounds = Number(process.env['IN_FLIGHT_ROUNDS'] ?? 10)
const perRound = 200
const on = redisUrl ? test : test.skip

on(
  `nothing that begins after the sign-out was answered succeeds (C2): ${perRound} in flight, two replicas, ${rounds} rounds`,
  async () => {
    const env = { REDIS_URL: redisUrl! }
    await using one = await startBff({ env })
    await using two = await startBff({ env })
    const agent = new Agent({ keepAlive: true, maxSockets: 64 })
    const ask = (bff: Bff, method: string, headers: Record<string, string>): Promise<number> =>
      new Promise((resolve, reject) => {
        request(`${bff.app.publicUrl}/bff/auth/${method === 'GET' ? 'sessions' : 'session'}`, { method, headers, agent }, (answer) => {
          answer.resume().once('end', () => resolve(answer.statusCode ?? 0))
        })
          .once('error', reject)
          .end()
      })
    const tally = { before: 0, revived: 0, odd: 0 }
    for (let round = 0; round < rounds; round++) {
      const headers = await one.signIn({ kind: 'cookie', userId: `in-flight-${round}` })
      let over = false
      const started: Promise<void>[] = []
      const start = (i: number) => {
        const begunAfter = over
        const counted = ask(i % 2 ? one : two, 'GET', headers).then((status) => {
          // On a machine under load the store may be late; that is said, and signs nobody in or out.
          if (![200, 401, 503].includes(status)) tally.odd++
          if (status === 200) tally[begunAfter ? 'revived' : 'before']++
        })
        started.push(counted)
      }
      for (let i = 0; i < perRound / 2; i++) start(i)
      const signOut = async () => {
        // A store that is late on a busy machine signs nobody out; the caller asks again, as the answer says.
        const signedOut = () => ask(round % 2 ? one : two, 'DELETE', headers)
        expect(await until(signedOut, (status) => status !== 503)).toBe(204)
        over = true
      }
      const out = signOut()
      for (let i = 0; i < perRound / 4; i++) {
        start(i)
        if (i % 8 === 0) await new Promise(setImmediate)
      }
      await out
      for (let i = 0; i < perRound / 4; i++) start(i)
      await Promise.all(started)
    }
    agent.destroy()
    expect({ revived: tally.revived, odd: tally.odd }).toEqual({ revived: 0, odd: 0 })
    expect(tally.before).toBeGreaterThan(0)
  },
  900_000,
)
