/** The contract of a cache store. A cache key belongs to one name of one person; every method works on one key and is one atomic step. All times are the store's own clock. */

/** What a reader finds under a key. `sealed` in `lead` and `led` is an entry past its time, good for a stale answer only. */
export type LookupResult =
  | { readonly state: 'fresh'; readonly sealed: string; readonly ageMs: number; readonly leftMs: number }
  /** Nobody is fetching: this reader shall, and holds the lease. `generation` and `atMs` go with what it stores. */
  | { readonly state: 'lead'; readonly generation: string; readonly atMs: number; readonly sealed?: string; readonly ageMs: number }
  /** Somebody holds the lease. */
  | { readonly state: 'led'; readonly by: string; readonly leftMs: number; readonly sealed?: string; readonly ageMs: number }
  /** A write is under way, or the person was deleted or merged: nothing may be stored now. */
  | { readonly state: 'blocked' }

/** The other name of the person under a key: comparable without a key, and sealed for those who must find it. */
export interface Alias {
  readonly name: string
  readonly sealed: string
}

/** An entry and how long it serves. */
export interface StoredEntry {
  readonly sealed: string
  readonly freshMs: number
  readonly keepMs: number
}

export interface Fill extends StoredEntry {
  readonly generation: string
  readonly atMs: number
  readonly link?: Alias | undefined
}

/** What a write leaves that knows the whole user after it. */
export interface WriteThrough extends StoredEntry {
  readonly writer: string
  readonly link: Alias
}

export interface Invalidate {
  /** Nothing may be stored for so long; 0 ends what a write under way had blocked, but not a tombstone. */
  readonly blockMs: number
  /** Makes the block a tombstone of this smoochId (a keyed name, or `?`), which only time or the vendor's word on that very person ends. */
  readonly tombstone?: string | undefined
  /** Ends the tombstone of this smoochId. */
  readonly final?: string | undefined
  /** The other name, when it is known and dropped as well: then nothing can have missed this. */
  readonly link?: Alias | undefined
  /** Before a write: remembered as long as no other drop comes, if no block was in force. */
  readonly writer?: string | undefined
}

export interface Invalidated {
  /** The sealed other name, as it was known before. */
  readonly link?: string
  /** A write under this name may not have known the other name that this drop brought, or may yet take effect. */
  readonly unsettled: boolean
}

export interface CacheStore {
  lookup(key: string, token: string): Promise<LookupResult>
  /** False when a write came in between, or when it took too long. */
  store(key: string, fill: Fill): Promise<boolean>
  /** Notes the other name, so that a write under this name reaches the entry under that one. False while a write might still have missed it. */
  link(key: string, link: Alias): Promise<boolean>
  /** Deletes the entry and takes the right to store from everybody who is fetching now. */
  drop(key: string, drop: Invalidate): Promise<Invalidated>
  /** Instead of the drop after a write: stores what the write left. False, and nothing is done, unless this writer has been alone since its drop before, and no tombstone stands. */
  renew(key: string, renewal: WriteThrough): Promise<boolean>
  /** Gives the lease back when it is still this one. */
  release(key: string, token: string): Promise<void>
  ping(): Promise<void>
  close(): void
}

// A fetch must store within `fillMs`; a drop that found no link forbids new ones for longer than that, so a fetch that began before the write can never store behind its back.
export const times = {
  leaseMs: 3_000,
  fillMs: 20_000,
  unaliasedMs: 30_000,
  /** Longer than any entry lives, so that none is left that a write cannot find. */
  aliasMs: 24 * 60 * 60 * 1000,
} as const
