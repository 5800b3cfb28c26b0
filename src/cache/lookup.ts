/** Lookups of cache keys, shared by those who ask at once, and by those who wait for another
 * process. */
import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from '../crypto/random.ts'
import type { Entries, Entry } from './entry.ts'
import { createNextFlight } from './single-flight.ts'
import type { CacheStore, LookupResult } from './store/contract.ts'
import { parseLookup } from './store/redis-lookup.ts'

/** The result of a lookup, its entry opened, and the token of the lease, if it was granted. */
export interface Lookup {
  readonly result: LookupResult
  readonly entry: Entry | null | undefined
  readonly token: string
}

/** Pause between looks for what another process fetches. */
const pollMs = 10

export const createLookup = (store: CacheStore, entries: Entries) => {
  const shared = createNextFlight<Lookup>()
  const sharedRetry = createNextFlight<Lookup>()
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
  const retry = async (key: string): Promise<Lookup> => {
    await sleep(pollMs)
    return await lookup(key)
  }

  /** A lookup in one step with that of the session. */
  const prefetch = (wants: (tag: string) => boolean) => {
    const token = newToken()
    let found: { readonly key: string; readonly result: LookupResult } | undefined
    return {
      token,
      wants,
      found: (key: string, words: readonly string[]): void => {
        found = { key, result: parseLookup(words) }
      },
      /** Once: a second read looks up by itself. */
      take: (key: string): Lookup | undefined => {
        if (found?.key !== key) return undefined
        const { result } = found
        found = undefined
        return toLookup(key, token, result)
      },
      /** Gives an unused lease back. */
      [Symbol.dispose]: (): void => {
        if (found?.result.state === 'lead') store.release(found.key, token).catch(() => undefined)
      },
    }
  }

  return {
    now: (key: string): Promise<Lookup> => shared(key, () => lookup(key)),
    /** For those who wait for another process. */
    afterPause: (key: string): Promise<Lookup> => sharedRetry(key, () => retry(key)),
    prefetch: prefetch,
  }
}

export type Prefetch = ReturnType<ReturnType<typeof createLookup>['prefetch']>
