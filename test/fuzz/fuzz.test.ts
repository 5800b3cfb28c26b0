/** A short form of `npm run fuzz`, which sends 20,000. */
import { expect, test } from '@jest/globals'
import { fuzz } from './requests.ts'

test.each([1, 2])(
  'of 800 made-up requests (seed %i) each answer is documented, none is 500, and policy allows each call to the vendor',
  async (seed) => {
    const { statuses, vendor, faults } = await fuzz(800, seed)
    expect(faults).toEqual([])
    expect(vendor).toBeGreaterThan(20)
    expect(Object.keys(statuses).length).toBeGreaterThan(5)
  },
  60_000,
)
