/** Contract of a cache store. A cache key belongs to one name of one person; each method is one
 * atomic step on one key, by the clock of the store. */

/** The result of a lookup. `sealed` beside another state than `fresh`: for stale answers only. */
export type LookupResult =
  | { readonly state: 'fresh'; readonly sealed: string; readonly ageMs: number; readonly leftMs: number }
  /** The lease is granted: this reader fetches, and stores with `generation` and `atMs`. */
  | { readonly state: 'granted'; readonly generation: string; readonly atMs: number; readonly sealed?: string; readonly ageMs: number }
  /** The lease is held by another reader. */
  | { readonly state: 'held'; readonly holder: string; readonly leftMs: number; readonly sealed?: string; readonly ageMs: number }
  /** Nothing may be stored now: a write is under way, or the person was deleted or merged. */
  | { readonly state: 'blocked'; readonly sealed?: string; readonly ageMs?: number }

/** The other name of the person: as a keyed name to compare, and sealed to be opened. */
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
  readonly alias?: Alias | undefined
}

/** The entry that a write leaves when its answer is the whole user. */
export interface WriteThrough extends StoredEntry {
  readonly writeToken: string
  readonly alias: Alias
}

export interface Invalidate {
  /** How long nothing may be stored. 0 ends the block of a write, not a tombstone. */
  readonly blockMs: number
  /** Makes the block a tombstone of this smoochId (keyed name or `?`), until time or webhook. */
  readonly tombstone?: string | undefined
  /** Ends the tombstone of this smoochId. */
  readonly final?: string | undefined
  /** The other name, when it is known and invalidated too: then nothing can have missed this. */
  readonly alias?: Alias | undefined
  /** Of a write that begins; kept until another invalidation, unless a block was in force. */
  readonly writeToken?: string | undefined
  /** Keeps the entry, as if it were at least so old, for when the vendor fails. Absent: it goes. */
  readonly agedMs?: number | undefined
}

export interface Invalidated {
  /** The other name as it was known before, sealed. */
  readonly alias?: string
  /** Another write under this name may not have known the other name, or may still take effect. */
  readonly contended: boolean
}

export interface CacheStore {
  lookup(key: string, token: string): Promise<LookupResult>
  /** False: a write came in between, or the fetch took too long. */
  store(key: string, fill: Fill): Promise<boolean>
  /** Stores the other name, so that a write under this one reaches its entry. False: unsure. */
  alias(key: string, alias: Alias): Promise<boolean>
  /** Deletes or ages the entry and deletes the leases: what is being fetched cannot be stored. */
  invalidate(key: string, how: Invalidate): Promise<Invalidated>
  /** Stores what a write left. False, without effect, unless that write was alone, unblocked. */
  writeThrough(key: string, entry: WriteThrough): Promise<boolean>
  /** Ends the lease if it is still this one. */
  release(key: string, token: string): Promise<void>
  close(): void
}
