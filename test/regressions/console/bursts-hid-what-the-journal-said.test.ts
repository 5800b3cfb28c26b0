/** The page showed the three newest alerts and no others, and kept fifty: whoever made enough guarded calls hid that the journal was not intact. */
import { expect, test } from '@jest/globals'
import { createAlerts } from '../../../src/console/alerts/alerts.ts'
import { alertList } from '../../../src/console/alerts/alerts-view.ts'

test('bursts come last, nothing is left out, and bursts go first when there are too many', () => {
  const alerts = createAlerts({ status: () => ({ open: true, waiting: 0, dropped: 0, size: 1 }), anchored: false })
  const at = new Date().toISOString()
  alerts.onCheck({ ok: false, at, size: 1, root: '', milliseconds: 1, findings: ['an event is missing'] })
  const event = { v: 1, kind: 'intent', time: at, action: 'delete_app_user' } as const
  for (let n = 0; n < 80; n += 1)
    alerts.onBurst({ actor: `agent-${n}`, tenant: 'A', count: 21, minutes: 5, at }, { ...event, id: `evt_${n}` })
  alerts.close()
  const recent = alerts.recent('A')
  expect(recent.length).toBe(50)
  const { text } = alertList(recent)
  expect(text.indexOf('an event is missing')).toBeLessThan(text.indexOf('agent-'))
  expect(text.match(/<li /g)?.length).toBe(50)
  expect(text).toContain('47 more of the last 24 hours')
  expect(text.indexOf('<details>')).toBeGreaterThan(text.indexOf('an event is missing'))
})
