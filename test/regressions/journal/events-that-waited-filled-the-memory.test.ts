/** Events that wait for the store, or for the people in them to be looked up, were bounded by their number alone, whatever the values they keep. */
import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { decode } from '../../../src/journal/event/event.ts'
import { deletion, leaving, makePlace, success } from '../../journal/place.ts'
import { until } from '../../support/until.ts'

const mebi = 1024 * 1024
const update = (more: Parameters<typeof deletion>[0] = {}) =>
  deletion({ action: 'update_app_user', actor: { type: 'user', userId: 'u1' }, targets: [{ role: 'subject', userId: 'u1' }], ...more })
/** A mebibyte and a little when it is sealed. */
const large = () => {
  const image = { before: { givenName: randomBytes((mebi * 3) / 4).toString('base64') }, after: { givenName: 'Mina' } }
  return update({ before: { state: 'captured', fields: ['givenName'], image, after: true } })
}

test('while the store is away, 64 MiB of events wait at most; small ones still find room, and the others are counted', async () => {
  await using place = makePlace()
  const { store, leave, comeBack } = leaving(await place.store())
  const lost: number[] = []
  const it = await place.open({ store, onLost: ({ count }) => lost.push(count) })
  leave()
  for (let at = 0; at < 80; at += 1) {
    it.guard.recorded(large(), success)
    // In two batches, else not all of them would come as far as to the store.
    if (at === 39) await until(() => it.journal.status().waiting >= 40)
  }
  for (let at = 0; at < 5; at += 1) it.guard.recorded(update(), success)
  const all = 85
  await until(() => it.journal.status().waiting + it.journal.status().dropped >= all)
  const { waiting, dropped } = it.journal.status()
  expect(dropped).toBeGreaterThan(15)
  expect(dropped).toBeLessThan(20)
  expect(waiting).toBe(all - dropped)
  comeBack()
  await until(() => it.guard.status().open)
  expect(lost.reduce((sum, count) => sum + count, 0)).toBe(dropped)
  const rows = await it.store.select("SELECT body FROM event WHERE action IN ('update_app_user', 'event_lost') ORDER BY seq")
  const events = rows.map((row) => decode(String(row['body'])))
  expect(events.filter(({ action }) => action === 'update_app_user')).toHaveLength(waiting)
  expect(events.filter(({ action }) => action === 'event_lost').map(({ facts }) => facts)).toEqual([{ count: dropped }])
  // What waited has left room for what comes.
  it.guard.recorded(large(), success)
  await it.guard.close()
  expect(it.guard.status()).toMatchObject({ waiting: 0, dropped })
})

test('while people are looked up, 64 MiB of events wait at most; small ones still find room, and the others are counted', async () => {
  await using place = makePlace()
  const store = await place.store()
  const held = Promise.withResolvers<void>()
  const slow: typeof store = {
    ...store,
    select: async (sql, params) => {
      if (sql.includes('FROM subject WHERE lookup IN')) await held.promise
      return await store.select(sql, params)
    },
  }
  const it = await place.open({ store: slow })
  for (let at = 0; at < 80; at += 1) it.guard.recorded(large(), success)
  for (let at = 0; at < 5; at += 1) it.guard.recorded(update(), success)
  // Of the 64 places for a mebibyte and a little, one goes to the little.
  expect(it.guard.status()).toMatchObject({ waiting: 63 + 5, dropped: 80 - 63 })
  held.resolve()
  await until(() => it.guard.status().waiting <= 0)
  // What waited has left room for what comes.
  it.guard.recorded(large(), success)
  await it.guard.close()
  const after = await place.store()
  const rows = await after.select("SELECT body FROM event WHERE action IN ('update_app_user', 'event_lost') ORDER BY seq")
  await after.close()
  const events = rows.map((row) => decode(String(row['body'])))
  expect(events.filter(({ action }) => action === 'update_app_user')).toHaveLength(63 + 5 + 1)
  expect(events.filter(({ action }) => action === 'event_lost').map(({ facts }) => facts)).toEqual([{ count: 80 - 63 }])
})
