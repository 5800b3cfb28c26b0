/** The comparison of the bench: medians, ratios, and what fell. */
import { describe, expect, test } from '@jest/globals'
import { check, compare, type Kind, type Measured } from './comparison.ts'

const measured = (cpuUs: number): Measured => ({
  ...{ cpuUs, perCpuSecond: 1e6 / cpuUs, perSecond: 100, rssMb: 90 },
  ...{ done: 10, ms: 100, wrong: 0, stale: 0, p50: 1, p99: 2, most: 3, upstream: 0 },
})
const found = (ours: number[], hand: number[]): Map<Kind, Measured[]> =>
  new Map([
    ['HAND', hand.map(measured)],
    ['OURS', ours.map(measured)],
  ])

describe('the comparison of the bench', () => {
  test('relates the median of our rounds to that of the other server', () => {
    const { rows, ratios } = compare(found([50, 40, 900], [100, 90, 110]))
    expect(ratios).toEqual({ HAND: 2 })
    expect(rows.map(({ kind, cpuUs, done }) => ({ kind, cpuUs, done }))).toEqual([
      { kind: 'HAND', cpuUs: 100, done: 30 },
      { kind: 'OURS', cpuUs: 50, done: 30 },
    ])
  })

  test('names a ratio that fell by more than 15 %, and none that is not committed or was not measured', () => {
    const now = { read: compare(found([50], [100])), other: compare(found([50], [1])) }
    expect(check(now, { read: { HAND: 2.3 }, absent: { HAND: 9 } })).toEqual({ compared: ['read: 2.00 × HAND, committed 2.30'], fell: [] })
    expect(check(now, { read: { HAND: 2.4 } }).fell).toEqual(['read: 2.00 × HAND, committed 2.40'])
  })

  test('knows the workloads that are committed', () => {
    expect(check({ 'hot read': compare(found([50], [100])) }).compared).toHaveLength(1)
  })
})
