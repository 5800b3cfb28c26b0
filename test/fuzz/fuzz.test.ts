/** A short form of `npm run fuzz`, which sends 20,000. */
import { expect, test } from '@jest/globals'
import { fuzz } from './fuzz.ts'

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
  60_000,
)
