/** A journal is lost or put back while the service is down: the gate was closed from the start, and neither the page nor the webhook told of it. */
import { expect, test } from '@jest/globals'
import { type Alert, createAlerts } from '../../../src/console/alerts/alerts.ts'
import type { Status } from '../../../src/journal/append/journal.ts'
import { discontinuity } from '../../../src/journal/log/discontinuity.ts'

const closed = (cause: string): Status => ({ open: false, cause, since: '2026-03-02T09:14:07.482Z', waiting: 0, dropped: 0, size: 1 })

test.each([
  [discontinuity.shorter(900, 7), 'rollback'],
  [discontinuity.otherThanAnchored(9), 'rollback'],
  [discontinuity.otherThanEnded(9), 'rollback'],
  [discontinuity.replaced('j_kQ-7_x', 'j_2'), 'rollback'],
  ['a mirror of the log went back from 9 to 7', 'gate_closed'],
  ['the journal could not be opened: connect ECONNREFUSED', 'gate_closed'],
])('%s', async (cause, type) => {
  const alert = await new Promise<Alert>((send) => {
    const alerts = createAlerts({ status: () => closed(cause), anchored: false, lookEveryMs: 5, send: (it) => [alerts.close(), send(it)] })
  })
  expect(alert).toMatchObject({ type, id: `${type}_2026-03-02T091407482Z`, words: expect.stringContaining(cause) })
})

test('a verification that could not be made says nothing of the journal', async () => {
  const sent: Alert[] = []
  const alerts = createAlerts({
    status: () => ({ open: true, waiting: 0, dropped: 0, size: 1 }),
    anchored: false,
    send: (it) => sent.push(it),
  })
  alerts.onCheck({
    ok: false,
    at: '2026-03-02T09:14:07.482Z',
    size: 1,
    root: '',
    milliseconds: 0,
    findings: [],
    failure: 'connect ECONNREFUSED',
  })
  alerts.close()
  expect(sent).toMatchObject([{ type: 'verification_failed', words: 'The journal could not be verified: connect ECONNREFUSED.' }])
})
