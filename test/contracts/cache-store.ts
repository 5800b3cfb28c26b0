/** What every cache store must do; run over each implementation. The laws of a whole cache (no old copy after a write) run on top of it with the real readers and writers. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { CacheStore, Fill } from '../../src/cache/store/cache-store.ts'
import { paceOf, play, replica, type Step, steps, unhurried } from '../cache/replicas.ts'

const unique = () => randomBytes(12).toString('base64url')
const fill = (more: Partial<Fill> & Pick<Fill, 'generation' | 'atMs'>): Fill => ({
  sealed: 'c2VhbGVk',
  freshMs: 60_000,
  keepMs: 120_000,
  ...more,
})

export interface CacheContract {
  /** Stores that look at the same cells: one for each replica. */
  readonly make: () => Promise<[CacheStore, CacheStore]>
  /** How many interleavings to try. */
  readonly runs: number
}

export const cacheStoreContract = (name: string, { make, runs }: CacheContract): void => {
  describe(`cache store: ${name}`, () => {
    let store: CacheStore
    let other: CacheStore
    beforeAll(async () => {
      ;[store, other] = await make()
    })
    afterAll(() => {
      store.close()
      other.close()
    })

    const lead = async (cell: string, token = unique()) => {
      const looked = await store.lookup(cell, token)
      if (looked.state !== 'lead') throw new Error(`expected to lead, but ${looked.state}`)
      return looked
    }

    test('gives one reader the lease and the others its name', async () => {
      const cell = unique()
      await lead(cell, 'first')
      expect(await other.lookup(cell, 'second')).toMatchObject({ state: 'led', by: 'first' })
    })

    test('gives back what the leader stored, with its age', async () => {
      const cell = unique()
      expect(await store.store(cell, fill(await lead(cell)))).toBe(true)
      const looked = await other.lookup(cell, unique())
      expect(looked).toMatchObject({ state: 'fresh', sealed: 'c2VhbGVk' })
      expect(looked.state === 'fresh' && looked.leftMs).toBeGreaterThan(58_000)
    })

    test('refuses a fill that began before a write', async () => {
      const cell = unique()
      const began = await lead(cell)
      await other.drop(cell, { blockMs: 0 })
      expect(await store.store(cell, fill(began))).toBe(false)
      expect(await store.store(cell, fill(await lead(cell)))).toBe(true)
    })

    test('refuses the slower of two fills of one generation', async () => {
      const cell = unique()
      const slow = await lead(cell, 'slow')
      await store.release(cell, 'slow')
      const fast = await lead(cell, 'fast')
      expect(await store.store(cell, fill({ ...fast, sealed: 'new' }))).toBe(true)
      expect(await store.store(cell, fill({ ...slow, sealed: 'old' }))).toBe(false)
      expect(await store.lookup(cell, unique())).toMatchObject({ sealed: 'new' })
    })

    test('takes a lease back only from its holder', async () => {
      const cell = unique()
      await lead(cell, 'mine')
      await store.release(cell, 'theirs')
      expect((await store.lookup(cell, 'again')).state).toBe('led')
      await store.release(cell, 'mine')
      expect((await store.lookup(cell, 'again')).state).toBe('lead')
    })

    test('stores nothing while a write is under way', async () => {
      const cell = unique()
      await store.drop(cell, { blockMs: 10_000 })
      expect(await other.lookup(cell, unique())).toEqual({ state: 'blocked' })
      await store.drop(cell, { blockMs: 0 })
      expect((await other.lookup(cell, unique())).state).toBe('lead')
    })

    test('keeps a tombstone through other writes and until the right word', async () => {
      const cell = unique()
      await store.drop(cell, { blockMs: 10_000, tombstone: 'somebody' })
      for (const drop of [{ blockMs: 0 }, { blockMs: 100 }, { blockMs: 0, final: 'somebody else' }]) {
        await store.drop(cell, drop)
        expect((await store.lookup(cell, unique())).state).toBe('blocked')
      }
      await store.drop(cell, { blockMs: 0, final: 'somebody' })
      expect((await store.lookup(cell, unique())).state).toBe('lead')
    })

    test('ends a tombstone by time', async () => {
      const cell = unique()
      await store.drop(cell, { blockMs: 150, tombstone: '?' })
      await sleep(200)
      expect((await store.lookup(cell, unique())).state).toBe('lead')
    })

    test('keeps an old copy beside a write that may come to nothing, and neither calls it fresh nor young', async () => {
      const cell = unique()
      await store.store(cell, fill(await lead(cell)))
      await other.drop(cell, { blockMs: 10_000, agedMs: 60_000 })
      const during = await store.lookup(cell, unique())
      expect(during).toMatchObject({ state: 'blocked', sealed: 'c2VhbGVk' })
      expect('ageMs' in during && during.ageMs).toBeGreaterThanOrEqual(60_000)
      await other.drop(cell, { blockMs: 0, agedMs: 60_000 })
      const then = await lead(cell)
      expect(then.sealed).toBe('c2VhbGVk')
      expect(then.ageMs).toBeGreaterThanOrEqual(60_000)
      // A lease from before it stores nothing.
      await other.drop(cell, { blockMs: 0, agedMs: 60_000 })
      expect(await store.store(cell, fill(then))).toBe(false)
      await other.drop(cell, { blockMs: 0 })
      expect((await lead(cell)).sealed).toBeUndefined()
      const empty = unique()
      await other.drop(empty, { blockMs: 0, agedMs: 60_000 })
      expect((await lead(empty)).sealed).toBeUndefined()
    })

    test('remembers a link, and refuses a new one after a write that found none', async () => {
      const [linked, unlinked] = [unique(), unique()]
      const link = { name: 'other', sealed: 'sealed-link' }
      expect(await store.link(linked, link)).toBe(true)
      expect(await other.drop(linked, { blockMs: 0 })).toMatchObject({ link: 'sealed-link' })
      expect(await store.link(linked, { ...link, sealed: 'again' })).toBe(true)
      expect(await store.link(linked, { ...link, name: 'a third' })).toBe(false)
      expect(await store.drop(unlinked, { blockMs: 0 })).toEqual({ unsettled: false })
      expect(await store.link(unlinked, link)).toBe(false)
    })

    describe('a write that knows the whole user after it', () => {
      const link = { name: 'other', sealed: 'sealed-link' }
      const renewal = (writer: string) => ({ writer, sealed: 'bmV3', freshMs: 60_000, keepMs: 120_000, link })
      const begin = (cell: string, writer: string) => store.drop(cell, { blockMs: 10_000, writer })

      test('leaves it as the copy, ends its block and notes the link', async () => {
        const cell = unique()
        await begin(cell, 'me')
        expect(await other.renew(cell, renewal('me'))).toBe(true)
        expect(await store.lookup(cell, unique())).toMatchObject({ state: 'fresh', sealed: 'bmV3' })
        expect(await store.drop(cell, { blockMs: 0 })).toEqual({ unsettled: false, link: 'sealed-link' })
        expect(await store.renew(cell, renewal('me'))).toBe(false)
      })

      test('leaves no copy once another write has begun or ended, whichever is the later', async () => {
        const cell = unique()
        await begin(cell, 'one')
        await begin(cell, 'two')
        expect([await store.renew(cell, renewal('one')), await store.renew(cell, renewal('two'))]).toEqual([false, false])
        await store.drop(cell, { blockMs: 0 })
        expect(await store.renew(cell, renewal('two'))).toBe(false)
        expect((await store.lookup(cell, unique())).state).toBe('lead')
      })

      test('leaves no copy after word from outside, where a tombstone stands, or when its block is over', async () => {
        const [told, dead, late] = [unique(), unique(), unique()]
        await begin(told, 'me')
        await other.drop(told, { blockMs: 0 })
        await begin(dead, 'me')
        await other.drop(dead, { blockMs: 10_000, tombstone: '?' })
        await store.drop(late, { blockMs: 50, writer: 'me' })
        await sleep(100)
        for (const cell of [told, dead, late]) expect(await store.renew(cell, renewal('me'))).toBe(false)
      })

      test('takes the right to store from whoever was fetching', async () => {
        const cell = unique()
        const slow = await lead(cell)
        await begin(cell, 'me')
        expect(await store.renew(cell, renewal('me'))).toBe(true)
        expect(await other.store(cell, fill({ ...slow, sealed: 'b2xk' }))).toBe(false)
        expect(await store.lookup(cell, unique())).toMatchObject({ state: 'fresh', sealed: 'bmV3' })
      })

      test('is told of a write under the other name that did not know of this one', async () => {
        const cell = unique()
        await other.drop(cell, { blockMs: 0 })
        expect(await store.drop(cell, { blockMs: 0, link })).toEqual({ unsettled: true })
        expect(await store.drop(cell, { blockMs: 0, link })).toEqual({ unsettled: false, link: 'sealed-link' })
      })

      test('is told of a write under the other name that may yet take effect', async () => {
        const cell = unique()
        await other.drop(cell, { blockMs: 10_000, tombstone: '?' })
        expect(await store.drop(cell, { blockMs: 0, link })).toEqual({ unsettled: true })
        expect(await store.drop(cell, { blockMs: 0, link })).toEqual({ unsettled: true, link: 'sealed-link' })
      })
    })

    test('notes the link with a fill', async () => {
      const cell = unique()
      await store.store(cell, fill({ ...(await lead(cell)), link: { name: 'n', sealed: 'sealed-link' } }))
      expect(await store.drop(cell, { blockMs: 0 })).toMatchObject({ link: 'sealed-link' })
    })

    test('notes no link with a fill after a write that found none, so that a slower fill under the other name is refused', async () => {
      const cell = unique()
      const link = { name: 'n', sealed: 'sealed-link' }
      await other.drop(cell, { blockMs: 0 })
      expect(await store.store(cell, fill({ ...(await lead(cell)), link }))).toBe(true)
      expect(await other.link(cell, link)).toBe(false)
    })

    test('hands out an old copy with the lease', async () => {
      const cell = unique()
      await store.store(cell, fill({ ...(await lead(cell)), freshMs: 50 }))
      await sleep(100)
      expect(await store.lookup(cell, 'a')).toMatchObject({ state: 'lead', sealed: 'c2VhbGVk' })
      expect(await other.lookup(cell, 'b')).toMatchObject({ state: 'led', by: 'a', sealed: 'c2VhbGVk' })
    })

    test('forgets a copy when its time is over', async () => {
      const cell = unique()
      await store.store(cell, fill({ ...(await lead(cell)), freshMs: 50, keepMs: 100 }))
      await sleep(150)
      const looked = await store.lookup(cell, unique())
      expect([looked.state, 'sealed' in looked]).toEqual(['lead', false])
    })

    test(`never serves an older value than the newest write answered, in ${runs} interleavings of slow fills and writes`, async () => {
      // Twenty at a time, each with people of its own: a run waits for turns of the event loop.
      const together = 20
      const plans = fc.array(fc.tuple(steps, fc.nat()), { minLength: together, maxLength: together })
      const playOne = ([plan, seed]: [readonly Step[], number]): Promise<void> => {
        const pace = paceOf(seed)
        return play([replica(unhurried(store, pace)), replica(unhurried(other, pace))], plan)
      }
      // A run that met a Redis without a processor shows nothing; most must show something.
      let unseen = 0
      const late = (error: unknown): void => {
        if (!(error instanceof Error) || error.message !== 'Redis did not answer in time') throw error
        unseen += 1
      }
      const check = fc.asyncProperty(plans, async (all) => {
        await Promise.all(all.map((one) => playOne(one).catch(late)))
      })
      await fc.assert(check, { numRuns: runs / together, seed: 20_261_123, endOnFailure: true })
      expect(unseen).toBeLessThan(runs / 2)
    })
  })
}
