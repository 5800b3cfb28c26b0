/** Events that nobody waits for: gathered for a moment, looked up and committed together. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { decode } from '../../src/journal/event/event.ts'
import { erasePerson } from '../../src/journal/maintenance.ts'
import type { Store } from '../../src/journal/store/journal-store.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { until } from '../support/until.ts'
import { deletion, leaving, makePlace, type Place, success } from './place.ts'

const update = (userId: string, more: Parameters<typeof deletion>[0] = {}) =>
  deletion({ action: 'update_app_user', actor: { type: 'user', userId }, targets: [{ role: 'subject', userId }], ...more })

/** What went to the store, and a way to hold look-ups of people up. */
const watched = (store: Store) => {
  const seen = { lookUps: 0, commits: [] as number[], held: undefined as Promise<void> | undefined }
  const watching: Store = {
    ...store,
    select: async (sql, params) => {
      const isLookUp = sql.includes('FROM subject WHERE lookup IN')
      if (isLookUp) seen.lookUps += 1
      if (isLookUp) await seen.held
      return store.select(sql, params)
    },
    commit: (entries, after) => {
      seen.commits.push(entries.length)
      return store.commit(entries, after)
    },
  }
  return { seen, watching }
}

const eventsOf = async (place: Place) => {
  const store = await place.store()
  const rows = await store.select("SELECT body FROM event WHERE action IN ('update_app_user', 'event_lost') ORDER BY seq")
  const subjects = await store.select('SELECT pseudonym FROM subject')
  const { ok } = await verify(store, { sealer: place.sealer })
  await store.close()
  expect(ok).toBe(true)
  return { events: rows.map((row) => decode(String(row['body']))), subjects: subjects.map((row) => row['pseudonym']) }
}

test('the events of a moment share a look-up and a commit, and each keeps its own time', async () => {
  await using place = makePlace()
  const { seen, watching } = watched(await place.store())
  let second = 0
  const it = await place.open({ store: watching, now: () => new Date(Date.UTC(2026, 0, 1, 0, 0, second)) })
  seen.commits = []
  for (second = 1; second <= 5; second += 1) it.guard.recorded(update(`u${second}`), success)
  await it.guard.close()
  // The second commit is the event that the journal stops.
  expect(seen).toMatchObject({ lookUps: 1, commits: [5, 1] })
  const { events, subjects } = await eventsOf(place)
  expect(events.map(({ time }) => new Date(time).getUTCSeconds())).toEqual([1, 2, 3, 4, 5])
  expect(new Set(subjects)).toEqual(new Set(events.map(({ actor }) => actor!.id)))
  expect(subjects).toHaveLength(5)
})

test('a person who is new gets one pseudonym, however many events of a moment name them', async () => {
  await using place = makePlace()
  const it = await place.open()
  for (let at = 0; at < 3; at += 1) it.guard.recorded(update('u1'), success)
  it.guard.recorded(update('u1', { tenant: 'app2' }), success)
  await it.guard.close()
  const { events, subjects } = await eventsOf(place)
  const named = events.map(({ targets }) => targets![0]!.subject)
  expect(new Set(named.slice(0, 3)).size).toBe(1)
  expect(named[3]).not.toBe(named[0])
  expect(new Set(subjects)).toEqual(new Set([named[0], named[3]]))
  expect(subjects).toHaveLength(2)
})

test('an event that is too long is said to be lost, and takes nobody with it', async () => {
  await using place = makePlace()
  const it = await place.open()
  const roles = Array.from({ length: 100 }, () => 'x'.repeat(400))
  it.guard.recorded(update('u1', { actor: { type: 'user', userId: 'u1', roles } }), success)
  it.guard.recorded(update('u1'), success)
  await it.guard.close()
  const { events, subjects } = await eventsOf(place)
  expect(events).toMatchObject([
    { action: 'event_lost', facts: { kind: 'outcome', action: 'update_app_user' } },
    { action: 'update_app_user', actor: { id: subjects[0] } },
  ])
})

test('when people cannot be looked up they get new pseudonyms, and nothing is lost', async () => {
  await using place = makePlace()
  const { seen, watching } = watched(await place.store())
  const it = await place.open({ store: watching })
  const written = async (count: number): Promise<void> => {
    await until(async () => (await it.store.select("SELECT 1 FROM event WHERE action = 'update_app_user'")).length >= count)
  }
  it.guard.recorded(update('u1'), success)
  await written(1)
  seen.held = Promise.reject(new Error('the reader is gone'))
  seen.held.catch(() => {})
  it.guard.recorded(update('u1'), success)
  it.guard.recorded(update('u2'), success)
  await written(3)
  seen.held = undefined
  it.guard.recorded(update('u2'), success)
  await it.guard.close()
  const { events, subjects } = await eventsOf(place)
  const [first, again, other, otherAgain] = events.map(({ action, actor }) => ({ action, id: actor!.id }))
  expect([first, again, other, otherAgain].map((it) => it!.action)).toEqual(Array(4).fill('update_app_user'))
  expect(otherAgain).toEqual(other)
  expect(new Set(subjects)).toEqual(new Set([first!.id, again!.id, other!.id]))
  expect(subjects).toHaveLength(3)
})

/** One event recorded, whose look-up of people waits for `resolve`. */
const heldAt = async (place: Place) => {
  const { seen, watching } = watched(await place.store())
  const it = await place.open({ store: watching })
  const { promise, resolve } = Promise.withResolvers<void>()
  seen.held = promise
  it.guard.recorded(update('u1'), success)
  return { it, seen, resolve }
}

test('a look-up that never ends holds nothing up for long', async () => {
  await using place = makePlace()
  const { it, resolve } = await heldAt(place)
  await it.guard.close()
  resolve()
  expect((await eventsOf(place)).events).toMatchObject([{ action: 'update_app_user', outcome: 'success' }])
})

test('more look-ups that never end than the end waits for are counted as lost', async () => {
  await using place = makePlace()
  const lost: number[] = []
  const { watching, seen } = watched(await place.store())
  const it = await place.open({ store: watching, onLost: ({ count }) => lost.push(count) })
  const { promise, resolve } = Promise.withResolvers<void>()
  seen.held = promise
  for (let at = 0; at < 300; at += 1) it.guard.recorded(update(`u${at}`), success)
  await it.guard.close()
  expect(lost).toEqual([44])
  resolve()
  expect((await eventsOf(place)).events).toHaveLength(256)
})

test('what happens while the store is away is written, in full, when it is back', async () => {
  await using place = makePlace()
  const { store, leave, comeBack } = leaving(await place.store())
  const it = await place.open({ store })
  leave()
  for (const userId of ['u1', 'u2']) it.guard.recorded(update(userId), success)
  await until(() => !it.guard.status().open)
  expect(it.guard.status()).toMatchObject({ open: false, waiting: 2, dropped: 0 })
  for (const userId of ['u1', 'u3']) it.guard.recorded(update(userId), success)
  await sleep(80)
  comeBack()
  await it.guard.close()
  const { events, subjects } = await eventsOf(place)
  expect(events.map(({ action }) => action)).toEqual(Array(4).fill('update_app_user'))
  expect(new Set(subjects)).toEqual(new Set(events.map(({ actor }) => actor!.id)))
})

test('a pseudonym is not kept: after an erasure the same person is another', async () => {
  await using place = makePlace()
  const it = await place.open()
  it.guard.recorded(update('u1'), success)
  await until(async () => (await it.store.select("SELECT 1 FROM event WHERE action = 'update_app_user'")).length > 0)
  const other = await place.store()
  expect(await erasePerson(other, place.sealer, 'app1', 'u1', 'ops')).toMatchObject({ subjects: 1 })
  await other.close()
  it.guard.recorded(update('u1'), success)
  await it.guard.close()
  const { events, subjects } = await eventsOf(place)
  expect(events[1]!.actor!.id).not.toBe(events[0]!.actor!.id)
  expect(subjects).toEqual([events[1]!.actor!.id])
})

test('a guarded call does not wait for them', async () => {
  await using place = makePlace()
  const { it, seen, resolve } = await heldAt(place)
  await until(() => seen.lookUps > 0)
  expect(seen.lookUps).toBe(1)
  seen.held = undefined
  const begun = await it.guard.begin(deletion())
  if (!begun.replay) await begun.end()
  expect(await it.store.select("SELECT 1 FROM event WHERE action = 'update_app_user'")).toHaveLength(0)
  resolve()
  await it.guard.close()
  expect((await eventsOf(place)).events).toHaveLength(1)
})
