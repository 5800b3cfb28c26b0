/** get_app_user from the cache: a fresh entry, else one fetch for all who ask, else a stale entry
 * when the vendor fails. */
import { isUserNotFound, Problem } from '../contract/problems.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import type { Alarm } from '../platform/alarms.ts'
import { createSharedRuns } from '../platform/concurrency.ts'
import { type OnGone, TIMED_OUT, withTimeout } from '../platform/deadline.ts'
import type { Entries, Entry, User } from './entry.ts'
import { aliasTo, cacheKeysOf, type Name, nameOf } from './keys.ts'
import { createLookup, type Prefetched } from './lookup.ts'
import { createSingleFlight } from './single-flight.ts'
import type { CacheStore, LookupResult } from './store/cache-store.ts'

const name = 'smooch-bff'

/** Cache-Status (RFC 9211): how the cache treated a read. */
const status = {
  miss: `${name}; fwd=miss; fwd-status=200`,
  collapsed: `${name}; fwd=miss; fwd-status=200; collapsed`,
  /** A stale entry, since the vendor failed. */
  ifError: (failed: number) => `${name}; fwd=stale; fwd-status=${failed}; detail=stale-if-error`,
  bypass: (detail: string) => `${name}; fwd=bypass; detail=${detail}`,
}

/** A negative ttl: since when the entry is stale while it is renewed. */
const hit = (leftMs: number): string => `${name}; hit; ttl=${Math.floor(leftMs / 1000)}`

export interface AppUserRead {
  readonly app: string
  /** The name as it goes to the vendor. */
  readonly id: string
  /** The caller's own user: the cache key is the session's. */
  readonly ownKey?: string | undefined
  /** The lookup that came along with the session. */
  readonly prefetched?: Prefetched | undefined
  readonly onGone?: OnGone | undefined
}

export interface Fetched {
  readonly body: unknown
  readonly status: number
  readonly calls: number
  readonly durationMs: number
}

/** `onGone`: of the last reader who waits. */
type Fetch = (onGone?: OnGone) => Promise<Fetched>

export interface AppUserResult {
  readonly entry: Entry
  /** The value of Cache-Status (RFC 9211). */
  readonly status: string
  /** Few values, since metrics are labelled by them. */
  readonly outcome: 'hit' | 'stale' | 'miss' | 'collapsed' | 'bypass' | 'error'
  /** Present when the vendor was asked for this very reader. */
  readonly fetched?: Fetched
}

export interface AppUsersParts {
  readonly store: CacheStore
  readonly peppers: KeyRing
  readonly entries: Entries
  readonly alarm: Alarm
}

const maxJoined = 5_000
const maxWaitMs = 9_000

/** A failure of the vendor, as opposed to its answer. */
const isUpstreamFailure = (error: unknown): boolean => error instanceof Problem && error.status >= 500

export const createAppUsers = ({ store, peppers, entries, alarm }: AppUsersParts) => {
  const { life } = entries
  const flights = createSingleFlight<FlightResult>(maxJoined)
  const unleased = createSharedRuns<{ readonly fetched: Fetched; readonly entry: Entry }>()
  const lookup = createLookup(store, entries)

  const storeEntry = async (
    key: string,
    { app }: AppUserRead,
    name: Name,
    { generation, atMs }: LeaseGranted,
    entry: Entry,
  ): Promise<boolean> => {
    const made = entries.toEntry(key, app, name, entry)
    if (!made) return false
    const { here, there, ...stored } = made
    const linked = await Promise.all(cacheKeysOf(peppers, app, there).map((other) => store.link(other, aliasTo(peppers, other, app, here))))
    if (linked.includes(false)) return false
    return await store.store(key, { generation, atMs, ...stored, link: aliasTo(peppers, key, app, there) })
  }

  /** One fetch under the lease; it goes on until its last reader has gone, and is stored. */
  const fetchUnderLease = (
    key: string,
    ask: AppUserRead,
    name: Name,
    result: LeaseGranted,
    token: string,
    fetch: Fetch,
  ): Promise<FlightResult> =>
    flights.start(token, ask.onGone, async (onGone) => {
      try {
        const fetched = await fetch(onGone)
        const entry = entries.of(fetched.body as User)
        const stored = await bestEffort(() => storeEntry(key, ask, name, result, entry))
        if (!stored) await bestEffort(() => store.release(key, token))
        return { fetched, entry, stored: stored === true }
      } catch (error) {
        const { generation, atMs } = result
        if (isUserNotFound(error)) await bestEffort(() => store.store(key, { generation, atMs, ...entries.negativeEntry(key) }))
        // The lease stays while a stale entry serves, else every reader would ask a failing vendor.
        else if (!result.sealed || result.ageMs >= life.revalidateMs) await bestEffort(() => store.release(key, token))
        throw error
      }
    })

  const bestEffort = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (cause) {
      alarm('cache_not_written', { cause })
      return undefined
    }
  }

  /** A stale entry in place of a failure of the vendor (stale-if-error), or of an answer that is
   * slow, for a limited time. */
  const staleIfError = async (key: string, result: StaleEntry, answer: () => Promise<AppUserResult>): Promise<AppUserResult> => {
    const old = (failed: number): AppUserResult | undefined => {
      const entry = (result.ageMs ?? 0) < life.ifErrorMs ? entries.open(key, result.sealed) : undefined
      return entry ? { entry, status: status.ifError(failed), outcome: 'error' } : undefined
    }
    const answered = answer()
    try {
      const found = result.sealed === undefined ? await answered : await withTimeout(life.ifSlowMs, answered)
      if (found !== TIMED_OUT) return found
      const slow = old(504)
      if (!slow) return await answered
      answered.catch(() => undefined)
      return slow
    } catch (error) {
      const failed = isUpstreamFailure(error) ? old((error as Problem).status) : undefined
      if (!failed) throw error
      return failed
    }
  }

  /** Joined readers take the flight's answer only if it was stored: a write under the other name
   * may have come before they asked. */
  const join = async (key: string, flight: Promise<FlightResult>, fetch: Fetch): Promise<AppUserResult> => {
    const { entry, stored } = await flight
    return stored ? { entry, status: status.collapsed, outcome: 'collapsed' } : await bypass(key, 'not-kept', fetch)
  }

  const bypass = async (key: string, detail: string, fetch: Fetch): Promise<AppUserResult> => {
    const { fetched, entry } = await unleased(key, async () => {
      const fetched = await fetch()
      return { fetched, entry: entries.of(fetched.body as User) }
    })
    return { entry, status: status.bypass(detail), outcome: 'bypass', fetched }
  }

  const answerFrom = (entry: Entry | null, leftMs: number): AppUserResult => {
    if (entry === null) throw new Problem('user_not_found', { outcome: 'failure' })
    return { entry, status: hit(leftMs), outcome: leftMs >= 0 ? 'hit' : 'stale' }
  }

  const readThrough = async (key: string, ask: AppUserRead, fetch: Fetch): Promise<AppUserResult> => {
    const name: Name = ask.ownKey === undefined ? nameOf(ask.id) : { kind: 'user', id: ask.id }
    const deadline = performance.now() + maxWaitMs
    let prefetched = ask.prefetched?.take(key)
    let otherProcess = false
    let pauses = 0
    for (let failures = 0; performance.now() < deadline; ) {
      const seen = prefetched ?? (await (otherProcess ? lookup.afterPause(key, pauses++) : lookup.now(key)).catch(() => undefined))
      prefetched = undefined
      if (!seen) return await bypass(key, 'store-unavailable', fetch)
      const { result, token, entry: stored } = seen
      if (result.state === 'blocked') return await staleIfError(key, result, () => bypass(key, 'changing', fetch))
      if (result.state === 'fresh') return stored === undefined ? await bypass(key, 'unreadable', fetch) : answerFrom(stored, result.leftMs)
      const old = result.ageMs < life.revalidateMs ? stored : undefined
      // Of several readers that share a granted lease, the first fetches and the others join.
      const joined = flights.join(result.state === 'lead' ? token : result.by, ask.onGone)
      if (result.state === 'lead' && !joined) {
        const answer = fetchUnderLease(key, ask, name, result, token, fetch)
        if (!old)
          return await staleIfError(key, result, async () => {
            const { fetched, entry } = await answer
            return { entry, status: status.miss, outcome: 'miss', fetched }
          })
        answer.catch(() => undefined)
        return answerFrom(old, life.freshMs - result.ageMs)
      }
      if (old) return answerFrom(old, life.freshMs - result.ageMs)
      if (joined === 'full') throw new Problem('upstream_busy', { outcome: 'not_sent', headers: { 'Retry-After': '1' } })
      otherProcess = !joined
      if (joined) {
        try {
          return await staleIfError(key, result, () => join(key, joined, fetch))
        } catch (error) {
          // One more try, shared by all who waited: the failure may be that of the first reader
          // alone.
          if (!isUpstreamFailure(error) || failures++ > 0) throw error
        }
      }
    }
    return await bypass(key, 'waited-too-long', fetch)
  }

  return {
    prefetch: lookup.prefetch,
    /** Throws what `fetch` throws, `user_not_found` from a negative entry too. */
    read: (ask: AppUserRead, fetch: Fetch): Promise<AppUserResult> =>
      readThrough(ask.ownKey ?? cacheKeysOf(peppers, ask.app, nameOf(ask.id))[0], ask, fetch),
  }
}

/** The result of a fetch, and whether it is stored. */
interface FlightResult {
  readonly fetched: Fetched
  readonly entry: Entry
  readonly stored: boolean
}

interface StaleEntry {
  readonly sealed?: string
  readonly ageMs?: number
}

type LeaseGranted = Extract<LookupResult, { state: 'lead' }>
export type AppUsers = ReturnType<typeof createAppUsers>
