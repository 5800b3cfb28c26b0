/** What was timed by the clock of the day stood still when that was set back: a stream asked no more whether its reader may read, denied attempts were not written, no alert was raised. */
import { expect, jest, test } from '@jest/globals'
import { createAlerts } from '../../../src/console/alerts/alerts.ts'
import { createCounters } from '../../../src/console/counters.ts'
import type { Event } from '../../../src/journal/event/event.ts'
import { countDenials } from '../../../src/journal/guard/denials.ts'
import { deletion, makePlace } from '../../journal/place.ts'
import { startBff } from '../../support/bff.ts'
import { setClock } from '../../support/skewed-clock.ts'
import { until } from '../../support/until.ts'

const hour = 3_600

test('a stream of a reader who was signed out ends although the clock was set back', async () => {
  using _clock = setClock(0)
  await using bff = await startBff()
  const headers = await bff.signIn({ roles: ['auditor'], actor: { id: 'ada' } })
  const { body } = await fetch(`${bff.app.publicUrl}/bff/ops/api/stream`, { headers })
  setClock(-hour)
  await bff.private('POST', '/sessions/end', { actorId: 'ada' })
  expect(await new Response(body).text()).toMatch(/^retry:/)
})

test('denied attempts beyond the twentieth are written a minute later by whatever clock', () => {
  jest.useFakeTimers()
  const written: (number | undefined)[] = []
  const denials = countDenials((_, count) => written.push(count))
  for (let i = 0; i < 22; i += 1) denials.add(deletion())
  jest.setSystemTime(Date.now() - hour * 1000)
  jest.advanceTimersByTime(61_000)
  expect(written.slice(20)).toEqual([2])
  denials.close()
  jest.useRealTimers()
})

test('a log that is not anchored is an alert by whatever clock', () => {
  jest.useFakeTimers()
  const told: string[] = []
  let size = 1
  const alerts = createAlerts({
    status: () => ({ open: true, size }) as ReturnType<Parameters<typeof createAlerts>[0]['status']>,
    anchored: true,
    send: ({ type }) => told.push(type),
  })
  size = 2
  jest.advanceTimersByTime(2_000)
  jest.setSystemTime(Date.now() - hour * 1000)
  jest.advanceTimersByTime(6 * 60_000)
  expect(told).toEqual(['no_anchor'])
  alerts.close()
  jest.useRealTimers()
})

test('what comes after the start is handed out although it bears an earlier time', async () => {
  await using place = makePlace()
  await using it = await place.open({ now: () => new Date(Date.now() - hour * 1000) })
  const [events, bursts]: [Event[], string[]] = [[], []]
  const counters = createCounters({
    store: it.store,
    burst: { calls: 1, minutes: 5 },
    since: it.journal.status().size,
    onEvent: (event) => events.push(event),
    onBurst: ({ actor }) => bursts.push(actor),
  })
  for (let i = 0; i < 2; i += 1) await it.guard.begin(deletion())
  await until(() => events.length >= 2)
  expect(bursts).toHaveLength(1)
  await counters.close()
})
