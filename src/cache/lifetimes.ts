/** TABLE: how long what is cached serves, and what guards it, in milliseconds. */

export interface Lifetimes {
  readonly freshMs: number
  readonly revalidateMs: number
  readonly ifErrorMs: number
  /** How long an answer is waited for while there is an old one. */
  readonly ifSlowMs: number
  readonly noneMs: number
}

/** Of entries; `noneMs`: of "there is no such user". */
export const lifetimes: Lifetimes = { freshMs: 30_000, revalidateMs: 60_000, ifErrorMs: 300_000, ifSlowMs: 1_000, noneMs: 5_000 }

/** Of what stands beside an entry. `unaliasedMs` above `fillMs`: after a write that found no alias,
 * a fetch from before it can no longer store. */
export const times = {
  leaseMs: 3_000,
  fillMs: 20_000,
  unaliasedMs: 30_000,
  /** Longer than any entry lives, so that a write finds every entry. */
  aliasMs: 24 * 60 * 60 * 1000,
} as const
