/** Outcomes, verdicts and erasures said of no app whose they were, so auditors of every app read them, with the names of the other's staff; and were alerted of its operations. */
import { expect, test } from '@jest/globals'
import { type Alert, createAlerts } from '../../../src/console/alerts/alerts.ts'
import { decode, isFor } from '../../../src/journal/event/event.ts'
import { exportLines } from '../../../src/journal/export.ts'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { erasePerson, resolveByHand } from '../../../src/journal/maintenance.ts'
import { eventsFrom } from '../../../src/journal/store/queries/log.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'

test('each event of an operation is for the readers of its app', async () => {
  await using place = makePlace()
  await using it = await place.open()
  const begin = async (userId: string) =>
    (await it.guard.begin(deletion({ tenant: 'A', targets: [{ role: 'subject', userId }] }))) as OpenOperation
  await (await begin('u-1')).end(success)
  const unknown = await begin('u-2')
  await unknown.end({ outcome: 'unknown' })
  await resolveByHand(it.store, place.sealer, unknown.id, 'indeterminate', 'ada-of-A')
  await erasePerson(it.store, place.sealer, 'A', 'u-1', 'dpo-of-A')
  const events = (await eventsFrom(it.store, 0, 100)).map(({ body }) => decode(body))
  expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(['system', 'intent', 'outcome', 'resolved', 'erased']))
  for (const event of events)
    expect([event.kind, isFor('A', event), isFor('B', event)]).toEqual([event.kind, true, event.kind === 'system'])
  // Written before events named their app: nobody can say whose they are.
  expect(isFor('A', { kind: 'outcome' })).toBe(false)
  let exported = ''
  for await (const line of exportLines(it.store, { format: 'ndjson', tenant: 'B' })) exported += line
  expect(exported).not.toContain('-of-A')
})

test('an alert of an operation is for its app; a person who could not find out is not told so', () => {
  const sent: Alert[] = []
  const alerts = createAlerts({
    status: () => ({ open: true, waiting: 0, dropped: 0, size: 1 }),
    anchored: false,
    send: (it) => sent.push(it),
  })
  const verdict = {
    v: 1,
    id: 'evt_1',
    kind: 'resolved',
    time: new Date().toISOString(),
    action: 'delete_app_user',
    verdict: 'indeterminate',
  } as const
  alerts.onEvent({ ...verdict, tenant: 'A', operation: { id: 'op_1' }, evidence: { source: 'person' }, by: 'ada' })
  expect(sent).toEqual([])
  alerts.onEvent({ ...verdict, tenant: 'A', operation: { id: 'op_1' }, evidence: { source: 'read' }, by: 'checker' })
  expect([sent.length, alerts.recent('A').length, alerts.recent('B').length]).toEqual([1, 1, 0])
  alerts.close()
})
