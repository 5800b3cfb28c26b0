/** What every session store must do with refresh families: the part of its contract that is about tokens which name their successors. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import type { NewFamily } from '../../src/session/store/family-store.ts'
import type { SessionStore } from '../../src/session/store/session-store.ts'
import { place, touch, unique } from './session-store-samples.ts'

/** `store` is asked in each test, since it is made before them. */
export const refreshFamilies = (store: () => SessionStore): void => {
  describe('refresh families', () => {
    const access = (lifeMs = 10_000) => ({ key: unique(), sealed: 'YWNjZXNz', lifeMs })
    const start = async (more: Partial<NewFamily> = {}) => {
      const at = place()
      const family = { sid: `s_${unique()}`, sealed: 'ZmFt', index: 'aQ==', idleMs: 60_000, absoluteMs: 120_000, token: 't1', ...more }
      const made = { ...family, access: more.access ?? access() }
      return { at, made, times: await store().createFamily(at, made) }
    }
    const shown = (sid: string, token: string, next: string, graceMs = 20_000) => ({ sid, token, next, graceMs, access: access() })

    test('begin with an access session of their own times', async () => {
      const { at, made, times } = await start()
      expect(times.expiresMs - times.createdMs).toBe(120_000)
      expect(Math.abs(times.accessExpiresMs - times.createdMs - 10_000)).toBeLessThan(2_000)
      const found = await store().enter({ ...at, key: made.access.key }, touch)
      expect(found).toMatchObject({ sealed: 'YWNjZXNz', createdMs: times.createdMs, expiresMs: times.accessExpiresMs })
      expect(await store().list(at.tag)).toHaveLength(1)
      expect(await store().readFamily(at)).toEqual({ sealed: 'ZmFt', roles: undefined })
      expect((await store().lastSeen(at.tag, [{ key: at.key, family: true }]))[0]).toBe(times.createdMs)
    })

    test('begin after the end of their app, also in the same moment', async () => {
      const app = unique()
      for (let tries = 0; tries < 20; tries += 1) {
        await store().endAll(app)
        const { at } = await start({ app })
        expect(await store().readFamily(at, app)).toBeDefined()
      }
    })

    test('fifty at once get one successor', async () => {
      const { at, made } = await start()
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => store().refresh(at, shown(made.sid, 't1', `t2-${i}`))))
      expect(answers.filter(({ outcome }) => outcome === 'new')).toHaveLength(1)
      expect(answers.filter(({ outcome }) => outcome === 'same')).toHaveLength(49)
      expect(new Set(answers.map((it) => 'next' in it && it.next)).size).toBe(1)
      expect(new Set(answers.map((it) => 'next' in it && it.accessExpiresMs)).size).toBe(1)
    })

    test('end when a token comes again after the grace, with all they gave out', async () => {
      const { at, made } = await start()
      const second = shown(made.sid, 't1', 't2')
      expect((await store().refresh(at, second)).outcome).toBe('new')
      expect((await store().refresh(at, shown(made.sid, 't1', 't2'))).outcome).toBe('same')
      await sleep(5)
      expect((await store().refresh(at, shown(made.sid, 't1', 't2', 1))).outcome).toBe('reused')
      expect((await store().refresh(at, shown(made.sid, 't2', 't3'))).outcome).toBe('over')
      for (const { key } of [made.access, second.access]) expect(await store().enter({ ...at, key }, touch)).toBeUndefined()
      expect(await store().list(at.tag)).toEqual([])
      expect(await store().readFamily(at)).toBeUndefined()
    })

    test('end when a token comes that was never given out', async () => {
      const { at, made } = await start()
      expect((await store().refresh(at, shown(made.sid, 'forged', 't2'))).outcome).toBe('reused')
    })

    test('leave the access token of before its calls in flight, and no more', async () => {
      const { at, made } = await start({ access: access(60_000) })
      await store().refresh(at, shown(made.sid, 't1', 't2'))
      const old = await store().enter({ ...at, key: made.access.key }, touch)
      expect(old!.expiresMs - Date.now()).toBeLessThanOrEqual(21_000)
    })

    test('end with the person and with the app, and by themselves', async () => {
      const [byPerson, byApp, itself] = [await start(), await start(), await start()]
      await sleep(5)
      const app = unique()
      await Promise.all([store().endAll(byPerson.at.tag), store().endAll(app)])
      expect(await store().readFamily(byPerson.at)).toBeUndefined()
      expect((await store().refresh(byPerson.at, shown('s', 't1', 't2'))).outcome).toBe('over')
      expect(await store().readFamily(byApp.at, app)).toBeUndefined()
      expect(await store().endFamily(itself.at, itself.made.sid)).toBe(true)
      expect(await store().endFamily(itself.at, itself.made.sid)).toBe(false)
      expect(await store().enter({ ...itself.at, key: itself.made.access.key }, touch)).toBeUndefined()
      expect((await store().refresh(itself.at, shown('s', 't1', 't2'))).outcome).toBe('over')
    })

    test.each(['by themselves', 'by a token that comes again'])('end %s with every access session that they gave out', async (how) => {
      const { at, made } = await start({ access: access(60_000) })
      const given = [made.access.key]
      for (const [token, next] of [['t1', 't2'] as const, ['t2', 't3'] as const, ['t3', 't4'] as const]) {
        const more = shown(made.sid, token, next)
        expect((await store().refresh(at, more)).outcome).toBe('new')
        given.push(more.access.key)
      }
      const live = async () => (await Promise.all(given.map((key) => store().enter({ ...at, key }, touch)))).filter(Boolean).length
      expect(await live()).toBe(4)
      if (how === 'by themselves') await store().endFamily(at, made.sid)
      else expect((await store().refresh(at, shown(made.sid, 'forged', 't5'))).outcome).toBe('reused')
      expect(await live()).toBe(0)
    })

    test('end when idle, and at their absolute limit', async () => {
      const idle = await start({ idleMs: 100 })
      const old = await start({ absoluteMs: 150 })
      await store().refresh(old.at, shown(old.made.sid, 't1', 't2'))
      await sleep(200)
      for (const { at } of [idle, old]) expect(await store().readFamily(at)).toBeUndefined()
    })
  })
}
