/** get_app_user from the cache: a fresh copy, else one fetch for everybody who asks, else an old copy when the vendor fails. Policy came before; projection comes after. */
import { Problem } from '../contract/problems.ts'
import type { Ring } from '../crypto/key-ring.ts'
import { linkTo } from './aliases.ts'
import { hit, status } from './cache-status.ts'
import type { Copies, Copy, User } from './entry.ts'
import { cellsOf, type Name, nameOf } from './keys.ts'
import { type Along, createLooks } from './lookup.ts'
import { createConvoys, createFlights } from './single-flight.ts'
import type { CacheStore, Looked } from './store/contract.ts'

export interface Ask {
  readonly app: string
  /** The name as it goes to the vendor. */
  readonly id: string
  /** The caller's own user: the cell of the session. */
  readonly own?: string | undefined
  /** The look that was made together with finding the session. */
  readonly along?: Along | undefined
}

export interface Fetched {
  readonly body: unknown
  readonly status: number
  readonly calls: number
  readonly durationMs: number
}

export interface Read {
  readonly copy: Copy
  /** The value of Cache-Status (RFC 9211). */
  readonly status: string
  /** hit, stale, miss, collapsed, bypass, error: bounded, for metrics. */
  readonly outcome: 'hit' | 'stale' | 'miss' | 'collapsed' | 'bypass' | 'error'
  /** Present when the vendor was asked for this very reader. */
  readonly fetched?: Fetched
}

export interface UsersParts {
  readonly store: CacheStore
  readonly peppers: Ring
  readonly copies: Copies
  readonly alarm: (what: string, cause: unknown) => void
}

const mostJoined = 5_000
const patienceMs = 9_000

/** What upstream's trouble looks like, as opposed to its answer. */
const isTrouble = (error: unknown): boolean => error instanceof Problem && error.status >= 500

const isNobody = (error: unknown): boolean => error instanceof Problem && error.code === 'user_not_found'

export const createUsers = ({ store, peppers, copies, alarm }: UsersParts) => {
  const { life } = copies
  const flights = createFlights<Landed>(mostJoined)
  const convoy = createConvoys<{ readonly fetched: Fetched; readonly copy: Copy }>()
  const looks = createLooks(store, copies)

  const keep = async (cell: string, { app }: Ask, name: Name, { generation, atMs }: Lead, copy: Copy): Promise<boolean> => {
    const toKeep = copies.toKeep(cell, app, name, copy)
    if (!toKeep) return false
    const { here, there, ...kept } = toKeep
    const linked = await Promise.all(cellsOf(peppers, app, there).map((other) => store.link(other, linkTo(peppers, other, app, here))))
    if (linked.includes(false)) return false
    return await store.store(cell, { generation, atMs, ...kept, link: linkTo(peppers, cell, app, there) })
  }

  /** One fetch under the lease. It goes on when its first reader hangs up, and tells the cell what it learnt. */
  const lead = (cell: string, ask: Ask, name: Name, looked: Lead, token: string, fetch: () => Promise<Fetched>): Promise<Landed> =>
    flights.start(token, async () => {
      try {
        const fetched = await fetch()
        const copy = copies.of(fetched.body as User)
        const kept = await quietly(() => keep(cell, ask, name, looked, copy))
        if (!kept) await quietly(() => store.release(cell, token))
        return { fetched, copy, kept: kept === true }
      } catch (error) {
        const { generation, atMs } = looked
        if (isNobody(error)) await quietly(() => store.store(cell, { generation, atMs, ...copies.nobody(cell) }))
        // While an old copy serves, the lease stays: the vendor's trouble is not met again by every reader.
        else if (!looked.sealed || looked.ageMs >= life.revalidateMs) await quietly(() => store.release(cell, token))
        throw error
      }
    })

  const quietly = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (cause) {
      alarm('the user cache could not be written', cause)
      return undefined
    }
  }

  /** An old copy instead of the vendor's trouble, while it is not too old. */
  const orOld = async (cell: string, looked: Old, answer: () => Promise<Read>): Promise<Read> => {
    try {
      return await answer()
    } catch (error) {
      const old = isTrouble(error) && looked.ageMs < life.ifErrorMs ? copies.open(cell, looked.sealed) : undefined
      if (!old) throw error
      return { copy: old, status: status.ifError((error as Problem).status), outcome: 'error' }
    }
  }

  /** What a flight brought is for those who joined only when it could be kept: else a write under the other name may have come before they asked. */
  const join = async (cell: string, flight: Promise<Landed>, fetch: () => Promise<Fetched>): Promise<Read> => {
    const { copy, kept } = await flight
    return kept ? { copy, status: status.collapsed, outcome: 'collapsed' } : await bypass(cell, 'not-kept', fetch)
  }

  const bypass = async (cell: string, detail: string, fetch: () => Promise<Fetched>): Promise<Read> => {
    const { fetched, copy } = await convoy(cell, async () => {
      const fetched = await fetch()
      return { fetched, copy: copies.of(fetched.body as User) }
    })
    return { copy, status: status.bypass(detail), outcome: 'bypass', fetched }
  }

  const answerFrom = (copy: Copy | null, leftMs: number): Read => {
    if (copy === null) throw new Problem('user_not_found', { outcome: 'failure' })
    return { copy, status: hit(leftMs), outcome: leftMs >= 0 ? 'hit' : 'stale' }
  }

  const wait = async (cell: string, ask: Ask, fetch: () => Promise<Fetched>): Promise<Read> => {
    const name: Name = ask.own === undefined ? nameOf(ask.id) : { kind: 'user', id: ask.id }
    const patience = performance.now() + patienceMs
    let along = ask.along?.take(cell)
    let elsewhere = false
    for (let failures = 0; performance.now() < patience; ) {
      const seen = along ?? (await (elsewhere ? looks.again(cell) : looks.now(cell)).catch(() => undefined))
      along = undefined
      if (!seen) return await bypass(cell, 'store-unavailable', fetch)
      const { looked, token, copy } = seen
      if (looked.state === 'blocked') return await bypass(cell, 'changing', fetch)
      if (looked.state === 'fresh') return copy === undefined ? await bypass(cell, 'unreadable', fetch) : answerFrom(copy, looked.leftMs)
      const old = looked.ageMs < life.revalidateMs ? copy : undefined
      // Of those who shared a look that leads, the first fetches and the others join.
      const joined = flights.join(looked.state === 'lead' ? token : looked.by)
      if (looked.state === 'lead' && !joined) {
        const answer = lead(cell, ask, name, looked, token, fetch)
        if (!old)
          return await orOld(cell, looked, async () => {
            const { fetched, copy } = await answer
            return { copy, status: status.miss, outcome: 'miss', fetched }
          })
        answer.catch(() => undefined)
        return answerFrom(old, life.freshMs - looked.ageMs)
      }
      if (old) return answerFrom(old, life.freshMs - looked.ageMs)
      if (joined === 'full') throw new Problem('upstream_busy', { outcome: 'not_sent', headers: { 'Retry-After': '1' } })
      elsewhere = !joined
      if (joined) {
        try {
          return await orOld(cell, looked, () => join(cell, joined, fetch))
        } catch (error) {
          // Once more, together with the others who waited: the trouble may have been the leader's alone.
          if (!isTrouble(error) || failures++ > 0) throw error
        }
      }
    }
    return await bypass(cell, 'waited-too-long', fetch)
  }

  return {
    along: looks.along,
    /** Throws what `fetch` throws, `user_not_found` from a copy of that answer too. */
    read: (ask: Ask, fetch: () => Promise<Fetched>): Promise<Read> =>
      wait(ask.own ?? cellsOf(peppers, ask.app, nameOf(ask.id))[0], ask, fetch),
  }
}

/** What a flight brought, and whether it is now in the cell. */
interface Landed {
  readonly fetched: Fetched
  readonly copy: Copy
  readonly kept: boolean
}

interface Old {
  readonly sealed?: string
  readonly ageMs: number
}

type Lead = Extract<Looked, { state: 'lead' }>
export type Users = ReturnType<typeof createUsers>
