/** A clock that was set a year ahead, for an hour, had the journal in SQLite erase every name, note and before-image, for good. */
import { expect, test } from '@jest/globals'
import { entryOf, systemEvent } from '../../../src/journal/store/journal-store.ts'
import { sealedPart } from '../../../src/journal/store/queries/people.ts'
import { makePlace, type Place } from '../../journal/place.ts'
import { until } from '../../support/until.ts'

const day = 86_400_000

/** A journal whose clock stands where `ahead` says when it is opened; each step of its erasing is noted. */
const open = async (place: Place, ahead: { ms: number }) => {
  const steps: number[] = []
  const store = await place.store()
  const expire = async (time: number) => {
    steps.push(time)
    return await store.expire(time)
  }
  const now = () => new Date(Date.now() + ahead.ms)
  return { ...(await place.open({ store: { ...store, expire }, now, expireMs: 40 })), steps }
}

test('each step erases what ended within a day of the one before, whatever the clock says; with a sound clock, what is over', async () => {
  await using place = makePlace()
  const ahead = { ms: 0 }
  const it = await open(place, ahead)
  const kept = [-1, 0.5, 5, 30].map((days) => {
    const event = systemEvent('kept')
    return { event, row: place.sealer.part(event.id, 'person', { note: 'x' }, Date.now() + days * day).row }
  })
  await it.store.commit(kept.map(({ event, row }) => entryOf(event, [row])))
  const left = async () =>
    (await Promise.all(kept.map(({ event }) => sealedPart(it.store, event.id, 'person')))).map((part) => part !== undefined)
  it.steps.length = 0
  await until(() => it.steps.length > 1)
  expect(await left()).toEqual([false, true, true, true])
  const begun = it.steps.at(-1)!
  ahead.ms = 365 * day
  it.steps.length = 0
  await until(() => it.steps.length > 1)
  ahead.ms = 0
  expect(it.steps[0]! - begun).toBeLessThanOrEqual(day)
  expect(it.steps[1]! - it.steps[0]!).toBe(day)
  expect((await left()).slice(2)).toEqual([true, true])
  await it.guard.close()
})

test('a start with such a clock goes by the last event of before', async () => {
  await using place = makePlace()
  await (await open(place, { ms: 0 })).guard.close()
  const later = await open(place, { ms: 365 * day })
  await until(() => later.steps.length > 0)
  expect(later.steps[0]! - Date.now()).toBeLessThanOrEqual(day)
  await later.guard.close()
})

test('so does a second start, although by then the last event bears the time of such a clock', async () => {
  await using place = makePlace()
  const sound = await open(place, { ms: 0 })
  await until(() => sound.steps.length > 1)
  await sound.guard.close()
  const steps: number[] = []
  for (const _ of ['first', 'second', 'third']) {
    const wrong = await open(place, { ms: 365 * day })
    await until(() => wrong.steps.length > 0)
    steps.push(wrong.steps[0]!)
    await wrong.guard.close()
  }
  // Each start is one step, and a step in time takes a day.
  expect(steps.every((step) => step - Date.now() < 40 * day)).toBe(true)
})

test('it is told once a day, and not of each step', async () => {
  await using place = makePlace()
  const ahead = { ms: 0 }
  const it = await open(place, ahead)
  const told = async () =>
    (await it.store.select("SELECT body FROM event WHERE action = 'expired'")).map(({ body }) => JSON.parse(String(body)).facts.until)
  await until(() => it.steps.length > 3)
  expect(await told()).toHaveLength(1)
  ahead.ms = 1.5 * day
  const before = it.steps.length
  await until(() => it.steps.length > before + 3)
  expect(await told()).toHaveLength(2)
  await it.guard.close()
})
