/** What every session store must do; run over each implementation. */

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { SessionStore } from '../../src/session/store/session-store.ts'
import { windowOf } from '../support/window.ts'
import { refreshFamilies } from './session-store-families.ts'
import { marksOfPeople } from './session-store-marks.ts'
import { newSession, place, touch, unique } from './session-store-samples.ts'

export const sessionStoreContract = (name: string, make: () => Promise<SessionStore>): void => {
  describe(`session store: ${name}`, () => {
    let store: SessionStore
    beforeAll(async () => {
      store = await make()
    })
    afterAll(() => store.close())

    test('gives back what was put in, with its times', async () => {
      const at = place()
      const before = Date.now()
      const { createdMs, expiresMs } = await store.create(at, newSession())
      expect([createdMs >= before - 2_000, createdMs <= Date.now() + 2_000]).toEqual([true, true])
      expect(expiresMs - createdMs).toBe(120_000)
      expect(await store.enter(at, touch)).toEqual({
        sealed: 'c2VhbGVk',
        createdMs,
        expiresMs,
        nowMs: expect.any(Number),
        smooch: undefined,
        gone: false,
        roles: undefined,
        used: undefined,
        copy: undefined,
      })
    })

    test('knows nothing of another key or another tag', async () => {
      const at = place()
      await store.create(at, newSession())
      expect(await store.enter({ ...at, key: unique() }, touch)).toBeUndefined()
      expect(await store.enter({ ...at, tag: unique() }, touch)).toBeUndefined()
    })

    test('ends a session once', async () => {
      const at = place()
      const made = newSession()
      await store.create(at, made)
      expect(await store.end(at, made.sid)).toBe(true)
      expect(await store.end(at, made.sid)).toBe(false)
      expect(await store.enter(at, touch)).toBeUndefined()
      expect(await store.list(at.tag)).toEqual([])
    })

    test('ends a session that is idle, and only activity keeps it', async () => {
      // Longer than the idle time: what fails is tried again, since a busy machine may have made a pause as long as that.
      await windowOf(600, async () => {
        const touched = place()
        const looked = place()
        for (const at of [touched, looked]) await store.create(at, newSession({ idleMs: 600 }))
        for (let i = 0; i < 3; i++) {
          await sleep(250)
          expect(await store.enter(touched, touch)).toBeDefined()
          await store.enter(looked, { touch: false })
        }
        expect(await store.enter(looked, touch)).toBeUndefined()
      })
    })

    test('ends a session at its absolute limit, however active', async () => {
      const at = place()
      await store.create(at, newSession({ idleMs: 60_000, absoluteMs: 300 }))
      for (let i = 0; i < 4; i++) {
        await store.enter(at, touch)
        await sleep(100)
      }
      expect(await store.enter(at, touch)).toBeUndefined()
    })

    test('ends all sessions of a person, and a later one does not revive them', async () => {
      const [first, second] = [place(), place()]
      const mine = { ...second, tag: first.tag }
      const other = place()
      for (const at of [first, mine, other]) await store.create(at, newSession())
      await store.endAll(first.tag)
      const later = place(first.tag)
      await store.create(later, newSession())
      expect(await store.enter(first, touch)).toBeUndefined()
      expect(await store.enter(mine, touch)).toBeUndefined()
      expect(await store.enter(later, touch)).toBeDefined()
      expect(await store.enter(other, touch)).toBeDefined()
      expect(await store.end(first, 'any')).toBe(false)
    })

    test('counts uses of a limit in the same step, per person and name', async () => {
      const at = place()
      await store.create(at, newSession())
      const enter = async (limit: string) => (await store.enter(at, { touch: true, limit: { name: limit, windowMs: 60_000 } }))?.used
      expect((await enter('reads'))?.used).toBe(1)
      expect((await enter('reads'))?.used).toBe(2)
      expect((await enter('writes'))?.used).toBe(1)
      const used = await enter('reads')
      expect(used?.used).toBe(3)
      expect(used?.leftMs).toBeGreaterThan(50_000)
      expect(used?.leftMs).toBeLessThanOrEqual(60_000)
    })

    test('starts a limit anew after its window', async () => {
      const window = { name: 'reads', windowMs: 150 }
      const tag = await windowOf(window.windowMs, async () => {
        const its = unique()
        expect((await store.use(its, window)).used).toBe(1)
        expect((await store.use(its, window)).used).toBe(2)
        return its
      })
      await sleep(200)
      expect((await store.use(tag, window)).used).toBe(1)
    })

    test('counts within a window and no longer, although the clock is set back: what is left is never more than one', async () => {
      const [one, other] = [
        { name: 'reads', windowMs: 3_600_000 },
        { name: 'writes', windowMs: 3_600_000 },
      ]
      const short = 200
      const tag = await windowOf(short, async () => {
        const its = unique()
        for (const window of [one, other]) expect((await store.use(its, window)).used).toBe(1)
        const left = [await store.use(its, { ...one, windowMs: short }), await store.used(its, { ...other, windowMs: short })]
        expect(left.map(({ used, leftMs }) => [used, leftMs <= short])).toEqual([
          [2, true],
          [1, true],
        ])
        return its
      })
      await sleep(short + 50)
      expect(await Promise.all([one, other].map((window) => store.used(tag, window)))).toEqual([
        { used: 0, leftMs: 0 },
        { used: 0, leftMs: 0 },
      ])
    })

    test('tells the uses of a limit without another one, and none after its window', async () => {
      const window = { name: 'reads', windowMs: 300 }
      const tag = await windowOf(window.windowMs, async () => {
        const its = unique()
        expect(await store.used(its, window)).toEqual({ used: 0, leftMs: 0 })
        await store.use(its, window)
        await store.use(its, window)
        const used = await store.used(its, window)
        expect([used.used, used.leftMs > 0, used.leftMs <= 300]).toEqual([2, true, true])
        expect((await store.used(its, { ...window, name: 'writes' })).used).toBe(0)
        return its
      })
      await sleep(350)
      expect(await store.used(tag, window)).toEqual({ used: 0, leftMs: 0 })
    })

    test('does not count a limit for a session that has ended', async () => {
      const at = place()
      const limit = { name: 'reads', windowMs: 60_000 }
      expect(await store.enter(at, { touch: true, limit })).toBeUndefined()
      expect((await store.use(at.tag, limit)).used).toBe(1)
    })

    marksOfPeople(() => store)

    test('lists sessions, without those whose time is over', async () => {
      const tag = unique()
      const made = newSession()
      const { createdMs, expiresMs } = await store.create(place(tag), made)
      await store.addToList(tag, { sid: 'over', index: 'eA==', createdMs: createdMs - 10, expiresMs: createdMs - 1 })
      expect(await store.list(tag)).toEqual([{ sid: made.sid, index: 'aW5kZXg=', createdMs, expiresMs }])
      await store.removeFromList(tag, made.sid)
      expect(await store.list(tag)).toEqual([])
    })

    test('lists under a name of nobody, and puts an entry in the place of one of the same id', async () => {
      const [tag, mine, other] = [unique(), unique(), unique()]
      const until = Date.now() + 3_600_000
      const entry = (sid: string, expiresMs: number) => ({ sid, index: 'c2VhbGVk', createdMs: until - 3_600_000, expiresMs })
      for (const listed of [entry(mine, until), entry(other, until), entry(mine, until + 60_000)]) await store.addToList(tag, listed)
      const found = await store.list(tag)
      expect(found).toHaveLength(2)
      expect(found).toEqual(expect.arrayContaining([entry(mine, until + 60_000), entry(other, until)]))
      await store.removeFromList(tag, mine)
      expect(await store.list(tag)).toEqual([entry(other, until)])
    })

    test("ends every session of an app by the app's own mark", async () => {
      const at = place()
      const app = unique()
      await store.create(at, newSession())
      expect(await store.enter(at, { touch: true, app })).toBeDefined()
      await sleep(5)
      await store.endAll(app)
      expect(await store.enter(at, { touch: true, app: unique() })).toBeDefined()
      expect(await store.enter(at, { touch: true, app })).toBeUndefined()
      await sleep(5)
      const later = place(at.tag)
      await store.create(later, newSession())
      expect(await store.enter(later, { touch: true, app })).toBeDefined()
    })

    test('lets a session begin after the end of its app, also in the same moment', async () => {
      const app = unique()
      for (let tries = 0; tries < 20; tries += 1) {
        const at = place()
        await store.endAll(app)
        await store.create(at, newSession({ app }))
        expect(await store.enter(at, { touch: true, app })).toBeDefined()
      }
    })

    test('puts a new token in the place of an old one, once, with the same times', async () => {
      const at = place()
      const made = newSession({ extra: 'b25l' })
      const times = await store.create(at, made)
      expect(await store.extra(at)).toBe('b25l')
      const next = newSession({ sid: made.sid, sealed: 'bmV3', index: 'bmV3', extra: 'dHdv' })
      const answers = await Promise.all([1, 2, 3].map((n) => store.rotate(at, `${at.key}${n}`, next)))
      expect(answers.filter(Boolean)).toEqual([times])
      expect(await store.enter(at, touch)).toBeUndefined()
      const won = { ...at, key: `${at.key}${answers.findIndex(Boolean) + 1}` }
      expect(await store.enter(won, touch)).toMatchObject({ sealed: 'bmV3', ...times })
      expect(await store.extra(won)).toBe('dHdv')
      expect(await store.list(at.tag)).toEqual([{ sid: made.sid, index: 'bmV3', ...times }])
    })

    test('ends a session whose new token is to live less than the old one would have by then', async () => {
      const at = place()
      const { createdMs, expiresMs } = await store.create(at, newSession())
      const next = await store.rotate(at, `${at.key}2`, newSession({ absoluteMs: 1_000 }))
      expect(next?.createdMs).toBe(createdMs)
      expect(next?.expiresMs).toBeLessThan(expiresMs)
      expect(await store.enter({ ...at, key: `${at.key}2` }, touch)).toMatchObject(next!)
      // Nor later: what is shorter stays so.
      expect(await store.rotate({ ...at, key: `${at.key}2` }, `${at.key}3`, newSession())).toEqual(next)
    })

    test('does not bring a session back by putting a new token in its place', async () => {
      const [ended, marked] = [place(), place()]
      for (const at of [ended, marked]) await store.create(at, newSession())
      await store.end(ended, 'any')
      await sleep(5)
      await store.endAll(marked.tag)
      for (const at of [ended, marked]) expect(await store.rotate(at, unique(), newSession())).toBeUndefined()
    })

    test('a mark made before a new token took the place counts for it too', async () => {
      const at = place()
      await store.create(at, newSession())
      await sleep(5)
      await store.markGone(at.tag, 'a')
      const key = unique()
      await store.rotate(at, key, newSession())
      expect((await store.enter({ ...at, key }, touch))?.gone).toBe(true)
    })

    test('tells when sessions were last used', async () => {
      const at = place()
      const { createdMs } = await store.create(at, newSession())
      const records = [
        { key: at.key, family: false },
        { key: unique(), family: false },
      ]
      expect(await store.lastSeen(at.tag, records)).toEqual([createdMs, undefined])
      await sleep(20)
      await store.enter(at, { touch: false })
      expect(await store.lastSeen(at.tag, records)).toEqual([createdMs, undefined])
      await store.enter(at, touch)
      expect((await store.lastSeen(at.tag, records))[0]).toBeGreaterThan(createdMs)
    })

    refreshFamilies(() => store)

    test('keeps a value for the first who claims its name, until it is put, unclaimed or over', async () => {
      const tag = unique()
      expect(await store.claim(tag, 'n', 'first', 60_000)).toBeUndefined()
      expect(await store.claim(tag, 'n', 'second', 60_000)).toBe('first')
      expect(await store.claim(unique(), 'n', 'other', 60_000)).toBeUndefined()
      await windowOf(150, async () => {
        await store.put(tag, 'n', 'third', 150)
        expect(await store.claim(tag, 'n', 'fourth', 60_000)).toBe('third')
      })
      await sleep(200)
      expect(await store.claim(tag, 'n', 'fifth', 60_000)).toBeUndefined()
      await store.unclaim(tag, 'n', 'fourth')
      expect(await store.get(tag, 'n')).toBe('fifth')
      await store.unclaim(tag, 'n', 'fifth')
      expect(await store.get(tag, 'n')).toBeUndefined()
      expect(await store.claim(tag, 'n', 'sixth', 60_000)).toBeUndefined()
    })

    test('a claim that comes after it was given free is none, and keeps nobody out', async () => {
      const tag = unique()
      await store.unclaim(tag, 'n', 'late')
      expect(await store.get(tag, 'n')).toBeUndefined()
      await store.claim(tag, 'n', 'late', 60_000)
      expect(await store.get(tag, 'n')).toBeUndefined()
      expect(await store.claim(tag, 'n', 'other', 60_000)).toBeUndefined()
      await store.unclaim(tag, 'n', 'late')
      expect(await store.get(tag, 'n')).toBe('other')
    })

    test('raises a number and never lowers it', async () => {
      const tag = unique()
      const highest = 1_790_000_000_123
      for (const value of [highest - 5, highest, highest - 20_000]) await store.raise(tag, 'n', value, 60_000)
      expect(await store.get(tag, 'n')).toBe(String(highest))
      await windowOf(100, async () => {
        await store.put(tag, 'n', '7', 60_000)
        await store.raise(tag, 'n', 8, 100)
        expect(await store.get(tag, 'n')).toBe('8')
      })
      await sleep(150)
      expect(await store.get(tag, 'n')).toBeUndefined()
    })

    test('answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined()
    })
  })
}
