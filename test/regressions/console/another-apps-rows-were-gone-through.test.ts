/** A search within one app read the operations of all others on its way: what the biggest app had done, everybody waited for. */
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { eventsOfApp } from '../../../src/journal/store/queries/log.ts'
import { countStanding } from '../../../src/journal/store/queries/operations.ts'
import type { Source } from '../../../src/journal/store/queries/source.ts'
import { type Filter, operations } from '../../../src/journal/store/search.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'

const filters: Filter[] = [
  {},
  { state: 'success' },
  { state: 'open' },
  { actor: 'idp1|00u5x' },
  { action: 'delete_app_user' },
  { ticket: 'OPS-4711' },
  { action: 'delete_app_user', state: 'success' },
  { actor: 'idp1|00u5x', action: 'delete_app_user', ticket: 'OPS-4711' },
  { action: 'delete_app_user', cursor: 20, from: new Date('2001-01-01'), to: new Date('2999-01-01') },
]

test('what a search, a page of events or a count goes through is of its app alone', async () => {
  await using place = makePlace()
  await using it = await place.open()
  for (const tenant of ['big', 'big', 'small']) await ((await it.guard.begin(deletion({ tenant }))) as OpenOperation).end(success)
  const plans: string[] = []
  const source: Source = {
    kind: 'sqlite',
    select: async (sql, params) => {
      const plan = await it.store.select(`EXPLAIN QUERY PLAN ${sql}`, params)
      const first = plan.map((row) => String(row['detail'])).find((line) => /^(SEARCH|SCAN) (e|o|event|operation)\b/.test(line))
      if (first !== undefined) plans.push(first)
      return it.store.select(sql, params)
    },
  }
  for (const filter of filters) {
    const { rows } = await operations(source, place.sealer, { tenant: 'small', ...filter })
    expect([filter, rows.length]).toEqual([filter, filter.state === 'open' ? 0 : 1])
  }
  await countStanding(source, 'small', 'success', 10)
  expect((await eventsOfApp(source, 'small', 0, 100)).length).toBe(4)
  // A time is looked up in the index of all times, which ends at its first row.
  const others = plans.filter((line) => !/event_time|USING (COVERING )?INDEX (event|operation)_app(_\w+)? \(app=\?/.test(line))
  expect(others).toEqual([])
  expect(plans.length).toBeGreaterThan(filters.length)
})
