/** A call that was not sent had the status "null" in the CSV, and the page of its operation named the outcome as it is stored: not_sent. */
import { expect, test } from '@jest/globals'
import { operationContent } from '../../../src/console/pages/operation.ts'
import { exportLines } from '../../../src/journal/export.ts'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { historyOf } from '../../../src/journal/store/history.ts'
import { deletion, makePlace } from '../../journal/place.ts'

test('what is absent is an empty cell, and the page has words', async () => {
  await using place = makePlace()
  await using it = await place.open()
  const { id, end } = (await it.guard.begin(deletion({ targets: [{ role: 'subject', userId: 'u-1' }] }))) as OpenOperation
  await end({ outcome: 'not_sent', upstream: { status: null, code: 'upstream_busy', sent: false } })
  let csv = ''
  for await (const line of exportLines(it.store, { format: 'csv' })) csv += line
  expect(csv).toContain('not_sent')
  expect(csv).not.toContain('null')
  const page = operationContent(
    { root: '/ops', search: '' },
    {
      ...{ id, history: (await historyOf(it.store, id))!, viewed: [], kept: [], related: [], origin: '', admin: false },
      watch: { tries: 0, maxTries: 6, next: '2026-01-31T09:00:00.000Z', reads: [] },
    },
  )
  expect(page.text).toContain('<span>not sent · upstream_busy</span>')
})
