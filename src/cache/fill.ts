/** The filling of the cache: one fetch under a lease, whose answer is stored under both names of
 * its person, for all who wait. */
import { isUserNotFound } from '../contract/problems.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import type { Alarm } from '../platform/alarms.ts'
import type { OnGone } from '../platform/deadline.ts'
import type { Entries, Entry, User } from './entry.ts'
import { aliasTo, cacheKeysOf, type Name } from './keys.ts'
import type { Prefetched } from './lookup.ts'
import { createSingleFlight } from './single-flight.ts'
import type { CacheStore, LookupResult } from './store/cache-store.ts'

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
export type Fetch = (onGone?: OnGone) => Promise<Fetched>

/** The result of a fetch, and whether it is stored. */
export interface FlightResult {
  readonly fetched: Fetched
  readonly entry: Entry
  readonly stored: boolean
}

type LeaseGranted = Extract<LookupResult, { state: 'granted' }>

export interface FillParts {
  readonly store: CacheStore
  readonly peppers: KeyRing
  readonly entries: Entries
  readonly alarm: Alarm
}

const maxJoined = 5_000

export const createFill = ({ store, peppers, entries, alarm }: FillParts) => {
  const { life } = entries
  const flights = createSingleFlight<FlightResult>(maxJoined)

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
    const linked = await Promise.all(
      cacheKeysOf(peppers, app, there).map((other) => store.alias(other, aliasTo(peppers, other, app, here))),
    )
    if (linked.includes(false)) return false
    return await store.store(key, { generation, atMs, ...stored, alias: aliasTo(peppers, key, app, there) })
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

  return { join: flights.join, fetchUnderLease }
}
