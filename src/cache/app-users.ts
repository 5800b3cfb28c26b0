/** get_app_user from the cache: a fresh entry, else one fetch for all, else a stale entry. */
import { Problem } from '../contract/problems.ts'
import { createSharedRuns } from '../platform/concurrency.ts'
import { timedOut, withTimeout } from '../platform/deadline.ts'
import type { Entry, User } from './entry.ts'
import { type AppUserRead, createFill, type Fetch, type Fetched, type FillParts, type FlightResult } from './fill.ts'
import { cacheKeysOf, type Name, nameOf } from './keys.ts'
import { createLookup } from './lookup.ts'

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

interface AppUserResult {
  readonly entry: Entry
  /** The value of Cache-Status (RFC 9211). */
  readonly status: string
  /** Few values, since metrics are labelled by them. */
  readonly outcome: 'hit' | 'stale' | 'miss' | 'collapsed' | 'bypass' | 'error'
  /** Present when the vendor was asked for this very reader. */
  readonly fetched?: Fetched
}

const maxWaitMs = 9_000

/** A failure of the vendor, as opposed to its answer. */
const isUpstreamFailure = (error: unknown): boolean => error instanceof Problem && error.status >= 500

export const createAppUsers = (parts: FillParts) => {
  const { store, peppers, entries } = parts
  const { life } = entries
  const { fetchUnderLease, join: joinFlight } = createFill(parts)
  const unleased = createSharedRuns<{ readonly fetched: Fetched; readonly entry: Entry }>()
  const lookup = createLookup(store, entries)

  /** For a limited time, a stale entry for a failure of the vendor (stale-if-error) or slowness. */
  const staleIfError = async (key: string, result: StaleEntry, answer: () => Promise<AppUserResult>): Promise<AppUserResult> => {
    const old = (failed: number): AppUserResult | undefined => {
      const entry = (result.ageMs ?? 0) < life.ifErrorMs ? entries.open(key, result.sealed) : undefined
      return entry ? { entry, status: status.ifError(failed), outcome: 'error' } : undefined
    }
    const answered = answer()
    try {
      const found = result.sealed === undefined ? await answered : await withTimeout(life.ifSlowMs, answered)
      if (found !== timedOut) return found
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
      const joined = joinFlight(result.state === 'granted' ? token : result.holder, ask.onGone)
      if (result.state === 'granted' && !joined) {
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
          // One more try, shared by all who waited: the failure may be the first reader's alone.
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

interface StaleEntry {
  readonly sealed?: string
  readonly ageMs?: number
}

export type AppUsers = ReturnType<typeof createAppUsers>
