/** The contract of a cache store. A cell belongs to one name of one person; every method works on one cell and is one atomic step. All times are the store's own clock. */

/** What a reader finds in a cell. `sealed` in `lead` and `led` is a copy past its time: good for a stale answer only. */
export type Looked =
  | { readonly state: 'fresh'; readonly sealed: string; readonly ageMs: number; readonly leftMs: number }
  /** Nobody is fetching: this reader shall, and holds the lease. `generation` and `atMs` go with what it stores. */
  | { readonly state: 'lead'; readonly generation: string; readonly atMs: number; readonly sealed?: string; readonly ageMs: number }
  /** Somebody holds the lease. */
  | { readonly state: 'led'; readonly by: string; readonly leftMs: number; readonly sealed?: string; readonly ageMs: number }
  /** A write is under way, or the person was deleted or merged: nothing may be stored now. */
  | { readonly state: 'blocked' }

/** The other name of the person in a cell: comparable without a key, and sealed for those who must find it. */
export interface Link {
  readonly name: string
  readonly sealed: string
}

/** A copy and how long it serves. */
export interface Kept {
  readonly sealed: string
  readonly freshMs: number
  readonly keepMs: number
}

export interface Fill extends Kept {
  readonly generation: string
  readonly atMs: number
  readonly link?: Link | undefined
}

/** What a write leaves that knows the whole user after it. */
export interface Renewal extends Kept {
  readonly writer: string
  readonly link: Link
}

export interface Drop {
  /** Nothing may be stored for so long; 0 ends what a write under way had blocked, but not a tombstone. */
  readonly blockMs: number
  /** Makes the block a tombstone of this smoochId (a keyed name, or `?`), which only time or the vendor's word on that very person ends. */
  readonly tombstone?: string | undefined
  /** Ends the tombstone of this smoochId. */
  readonly final?: string | undefined
  /** The other name, when it is known and dropped as well: then nothing can have missed this. */
  readonly link?: Link | undefined
  /** Before a write: remembered as long as no other drop comes, if no block was in force. */
  readonly writer?: string | undefined
}

export interface Dropped {
  /** The sealed other name, as it was known before. */
  readonly link?: string
  /** A write under this name may not have known the other name that this drop brought, or may yet take effect. */
  readonly unsettled: boolean
}

export interface CacheStore {
  look(cell: string, token: string): Promise<Looked>
  /** False when a write came in between, or when it took too long. */
  store(cell: string, fill: Fill): Promise<boolean>
  /** Notes the other name, so that a write under this name reaches the copy under that one. False while a write might still have missed it. */
  link(cell: string, link: Link): Promise<boolean>
  /** Forgets the copy and the right to store of everybody who is fetching now. */
  drop(cell: string, drop: Drop): Promise<Dropped>
  /** Instead of the drop after a write: stores what the write left. False, and nothing is done, unless this writer has been alone since its drop before, and no tombstone stands. */
  renew(cell: string, renewal: Renewal): Promise<boolean>
  /** Gives the lease back when it is still this one. */
  release(cell: string, token: string): Promise<void>
  ping(): Promise<void>
  close(): void
}

// A fetch must store within `fillMs`; a drop that found no link forbids new ones for longer than that, so a fetch that began before the write can never store behind its back.
export const times = {
  leaseMs: 3_000,
  fillMs: 20_000,
  unlinkedMs: 30_000,
  /** Longer than any copy lives, so that no copy is left that a write cannot find. */
  linkMs: 24 * 60 * 60 * 1000,
} as const
