/** Lookups of cache keys, shared by those who ask at once or wait for another process. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createSharedRuns } from '../platform/concurrency.ts'
import { randomBytes } from '../platform/random.ts'
import type { Entries, Entry } from './entry.ts'
import type { CacheStore, LookupResult } from './store/cache-store.ts'
import { parseLookup } from './store/redis.ts'

/** The result of a lookup, its entry opened, and the token of the lease, if it was granted. */
interface Lookup {
  readonly result: LookupResult
  readonly entry: Entry | null | undefined
  readonly token: string
}

/** Pauses between looks for the fetch of another process: growing, since a slow vendor keeps many
 * waiting. */
const pauseMs = (before: number): number => Math.min(200, 10 * 1.5 ** before)

export const createLookup = (store: CacheStore, entries: Entries) => {
  const shared = createSharedRuns<Lookup>()
  const sharedRetry = createSharedRuns<Lookup>()
  const prefix = randomBytes(9).toString('base64url')
  let count = 0
  const newToken = (): string => `${prefix}${(count++).toString(36)}`

  const toLookup = (key: string, token: string, result: LookupResult): Lookup => ({
    token,
    result,
    entry: 'sealed' in result ? entries.open(key, result.sealed) : undefined,
  })
  const lookup = async (key: string): Promise<Lookup> => {
    const token = newToken()
    return toLookup(key, token, await store.lookup(key, token))
  }
  const retry = async (key: string, before: number): Promise<Lookup> => {
    await sleep(pauseMs(before))
    return await lookup(key)
  }

  const prefetched = (key: string, token: string, result: LookupResult) => {
    let unused = true
    return {
      /** Once: a second read looks up by itself. */
      take: (wanted: string): Lookup | undefined => {
        if (!unused || wanted !== key) return undefined
        unused = false
        return toLookup(key, token, result)
      },
      /** Gives an unused lease back. */
      [Symbol.dispose]: (): void => {
        if (unused && result.state === 'granted') store.release(key, token).catch(() => undefined)
      },
    }
  }

  return {
    now: (key: string): Promise<Lookup> => shared(key, () => lookup(key)),
    /** For those who wait for another process. */
    afterPause: (key: string, before: number): Promise<Lookup> => sharedRetry(key, () => retry(key, before)),
    /** A lookup to be made in one step with that of the session, when `wants` says so. */
    prefetch: (wants: (tag: string) => boolean) => {
      const token = newToken()
      return { token, wants, read: (key: string, answer: readonly string[]) => prefetched(key, token, parseLookup(answer)) }
    },
  }
}

export type Prefetched = ReturnType<ReturnType<ReturnType<typeof createLookup>['prefetch']>['read']>
