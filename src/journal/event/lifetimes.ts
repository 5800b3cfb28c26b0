/** TABLE: lifetimes of the sealed parts of an event, in milliseconds; events themselves stay. */

const day = 86_400_000

export const lifetimes = {
  /** Names and notes. */
  person: 400 * day,
  /** Before-images, and the values of updates. */
  before: 30 * day,
  /** The answer to a call with an Idempotency-Key, which is looked for as long: here, and in the
   * session store for calls that no event holds. */
  repeat: day,
} as const
