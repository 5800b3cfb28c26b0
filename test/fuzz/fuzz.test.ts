/** A short form of `npm run fuzz`, which sends 20,000. */
import { expect, test } from '@jest/globals'
import { startBff } from '../support/bff.ts'
import { fuzz } from './fuzz.ts'
import { answerFaults, type Sent } from './oracle.ts'
import { readRoutes } from './routes.ts'

const random = Math.floor(Math.random() * 2 ** 31)

test.each([
  ['in memory', 1, undefined],
  ['in Redis', random, process.env['TEST_REDIS_URL']],
])(
  'of 500 made-up requests, with sessions %s and the seed %i, each answer is documented, none is 500, and policy allows each call to the vendor',
  async (_, seed, redis) => {
    const { statuses, vendor, faults } = await fuzz({ count: 500, seed, redis })
    expect(faults).toEqual([])
    expect(Object.keys(statuses).length).toBeGreaterThan(5)
    expect(Object.keys(vendor).length).toBeGreaterThan(5)
  },
)

test('a 503 in words is no fault where it is documented so, as of readiness, and is one elsewhere', async () => {
  await using bff = await startBff()
  const routes = await readRoutes(bff)
  const faultsOf = (target: string) => {
    const sent: Sent = {
      who: { name: 'nobody', headers: {}, callers: [] },
      listener: 'private',
      method: 'GET',
      target,
      body: undefined,
      barred: false,
    }
    return answerFaults(routes, sent, { status: 503, type: 'text/plain; charset=utf-8', text: 'session store unavailable\n' })
  }
  expect([faultsOf('/readyz').length, faultsOf('/sessions').length > 0]).toEqual([0, true])
})

test('what is refused on every route is no fault of an answer to HEAD, which has no body to say so', async () => {
  await using bff = await startBff()
  const routes = await readRoutes(bff)
  const faultsOf = (status: number) => {
    const who = { name: 'nobody', headers: {}, callers: [] }
    const sent: Sent = { who, listener: 'public', method: 'HEAD', target: '/bff/v1.1/appusers/x', body: undefined, barred: false }
    return answerFaults(routes, sent, { status, type: '', text: '' })
  }
  expect([faultsOf(414).length, faultsOf(418).length]).toEqual([0, 1])
})
