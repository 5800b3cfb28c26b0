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
      if (looked.state !== 'granted') throw new Error(`expected the lease, but it is ${looked.state}`)
      return looked
    }

    test('gives one reader the lease and the others its name', async () => {
      const cell = unique()
      await lead(cell, 'first')
      expect(await other.lookup(cell, 'second')).toMatchObject({ state: 'held', holder: 'first' })
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
      await other.invalidate(cell, { blockMs: 0 })
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
      expect((await store.lookup(cell, 'again')).state).toBe('held')
      await store.release(cell, 'mine')
      expect((await store.lookup(cell, 'again')).state).toBe('granted')
    })

    test('stores nothing while a write is under way', async () => {
      const cell = unique()
      await store.invalidate(cell, { blockMs: 10_000 })
      expect(await other.lookup(cell, unique())).toEqual({ state: 'blocked' })
      await store.invalidate(cell, { blockMs: 0 })
      expect((await other.lookup(cell, unique())).state).toBe('granted')
    })

    test('keeps a tombstone through other writes and until the right word', async () => {
      const cell = unique()
      await store.invalidate(cell, { blockMs: 10_000, tombstone: 'somebody' })
      for (const drop of [{ blockMs: 0 }, { blockMs: 100 }, { blockMs: 0, final: 'somebody else' }]) {
        await store.invalidate(cell, drop)
        expect((await store.lookup(cell, unique())).state).toBe('blocked')
      }
      await store.invalidate(cell, { blockMs: 0, final: 'somebody' })
      expect((await store.lookup(cell, unique())).state).toBe('granted')
    })

    test('ends a tombstone by time', async () => {
      const cell = unique()
      await store.invalidate(cell, { blockMs: 150, tombstone: '?' })
      await sleep(200)
      expect((await store.lookup(cell, unique())).state).toBe('granted')
    })

    test('keeps an old copy beside a write that may come to nothing, and neither calls it fresh nor young', async () => {
      const cell = unique()
      await store.store(cell, fill(await lead(cell)))
      await other.invalidate(cell, { blockMs: 10_000, agedMs: 60_000 })
      const during = await store.lookup(cell, unique())
      expect(during).toMatchObject({ state: 'blocked', sealed: 'c2VhbGVk' })
      expect('ageMs' in during && during.ageMs).toBeGreaterThanOrEqual(60_000)
      await other.invalidate(cell, { blockMs: 0, agedMs: 60_000 })
      const then = await lead(cell)
      expect(then.sealed).toBe('c2VhbGVk')
      expect(then.ageMs).toBeGreaterThanOrEqual(60_000)
      // A lease from before it stores nothing.
      await other.invalidate(cell, { blockMs: 0, agedMs: 60_000 })
      expect(await store.store(cell, fill(then))).toBe(false)
      await other.invalidate(cell, { blockMs: 0 })
      expect((await lead(cell)).sealed).toBeUndefined()
      const empty = unique()
      await other.invalidate(empty, { blockMs: 0, agedMs: 60_000 })
      expect((await lead(empty)).sealed).toBeUndefined()
    })

    test('remembers an alias, and refuses a new one after a write that found none', async () => {
      const [aliased, unaliased] = [unique(), unique()]
      const alias = { name: 'other', sealed: 'sealed-alias' }
      expect(await store.alias(aliased, alias)).toBe(true)
      expect(await other.invalidate(aliased, { blockMs: 0 })).toMatchObject({ alias: 'sealed-alias' })
      expect(await store.alias(aliased, { ...alias, sealed: 'again' })).toBe(true)
      expect(await store.alias(aliased, { ...alias, name: 'a third' })).toBe(false)
      expect(await store.invalidate(unaliased, { blockMs: 0 })).toEqual({ contended: false })
      expect(await store.alias(unaliased, alias)).toBe(false)
    })

    describe('a write that knows the whole user after it', () => {
      const alias = { name: 'other', sealed: 'sealed-alias' }
      const entry = (writeToken: string) => ({ writeToken, sealed: 'bmV3', freshMs: 60_000, keepMs: 120_000, alias })
      const begin = (cell: string, writeToken: string) => store.invalidate(cell, { blockMs: 10_000, writeToken })

      test('leaves it as the copy, ends its block and notes the alias', async () => {
        const cell = unique()
        await begin(cell, 'me')
        expect(await other.writeThrough(cell, entry('me'))).toBe(true)
        expect(await store.lookup(cell, unique())).toMatchObject({ state: 'fresh', sealed: 'bmV3' })
        expect(await store.invalidate(cell, { blockMs: 0 })).toEqual({ contended: false, alias: 'sealed-alias' })
        expect(await store.writeThrough(cell, entry('me'))).toBe(false)
      })

      test('leaves no copy once another write has begun or ended, whichever is the later', async () => {
        const cell = unique()
        await begin(cell, 'one')
        await begin(cell, 'two')
        expect([await store.writeThrough(cell, entry('one')), await store.writeThrough(cell, entry('two'))]).toEqual([false, false])
        await store.invalidate(cell, { blockMs: 0 })
        expect(await store.writeThrough(cell, entry('two'))).toBe(false)
        expect((await store.lookup(cell, unique())).state).toBe('granted')
      })

      test('leaves no copy after word from outside, where a tombstone stands, or when its block is over', async () => {
        const [told, dead, late] = [unique(), unique(), unique()]
        await begin(told, 'me')
        await other.invalidate(told, { blockMs: 0 })
        await begin(dead, 'me')
        await other.invalidate(dead, { blockMs: 10_000, tombstone: '?' })
        await store.invalidate(late, { blockMs: 50, writeToken: 'me' })
        await sleep(100)
        for (const cell of [told, dead, late]) expect(await store.writeThrough(cell, entry('me'))).toBe(false)
      })

      test('takes the right to store from whoever was fetching', async () => {
        const cell = unique()
        const slow = await lead(cell)
        await begin(cell, 'me')
        expect(await store.writeThrough(cell, entry('me'))).toBe(true)
        expect(await other.store(cell, fill({ ...slow, sealed: 'b2xk' }))).toBe(false)
        expect(await store.lookup(cell, unique())).toMatchObject({ state: 'fresh', sealed: 'bmV3' })
      })

      test('is told of a write under the other name that did not know of this one', async () => {
        const cell = unique()
        await other.invalidate(cell, { blockMs: 0 })
        expect(await store.invalidate(cell, { blockMs: 0, alias })).toEqual({ contended: true })
        expect(await store.invalidate(cell, { blockMs: 0, alias })).toEqual({ contended: false, alias: 'sealed-alias' })
      })

      test('is told of a write under the other name that may yet take effect', async () => {
        const cell = unique()
        await other.invalidate(cell, { blockMs: 10_000, tombstone: '?' })
        expect(await store.invalidate(cell, { blockMs: 0, alias })).toEqual({ contended: true })
        expect(await store.invalidate(cell, { blockMs: 0, alias })).toEqual({ contended: true, alias: 'sealed-alias' })
      })
    })

    test('notes the alias with a fill', async () => {
      const cell = unique()
      await store.store(cell, fill({ ...(await lead(cell)), alias: { name: 'n', sealed: 'sealed-alias' } }))
      expect(await store.invalidate(cell, { blockMs: 0 })).toMatchObject({ alias: 'sealed-alias' })
    })

    test('notes no alias with a fill after a write that found none, so that a slower fill under the other name is refused', async () => {
      const cell = unique()
      const alias = { name: 'n', sealed: 'sealed-alias' }
      await other.invalidate(cell, { blockMs: 0 })
      expect(await store.store(cell, fill({ ...(await lead(cell)), alias }))).toBe(true)
      expect(await other.alias(cell, alias)).toBe(false)
    })

    test('hands out an old copy with the lease', async () => {
      const cell = unique()
      await store.store(cell, fill({ ...(await lead(cell)), freshMs: 50 }))
      await sleep(100)
      expect(await store.lookup(cell, 'a')).toMatchObject({ state: 'granted', sealed: 'c2VhbGVk' })
      expect(await other.lookup(cell, 'b')).toMatchObject({ state: 'held', holder: 'a', sealed: 'c2VhbGVk' })
    })

    test('forgets a copy when its time is over', async () => {
      const cell = unique()
      await store.store(cell, fill({ ...(await lead(cell)), freshMs: 50, keepMs: 100 }))
      await sleep(150)
      const looked = await store.lookup(cell, unique())
      expect([looked.state, 'sealed' in looked]).toEqual(['granted', false])
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
      const silent = ['Redis did not answer in time', 'Redis has not answered']
      const late = (error: unknown): void => {
        if (!(error instanceof Error) || !silent.includes(error.message)) throw error
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
