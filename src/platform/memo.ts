/** Remembered results of a pure function of a text. Not for what others may change: sessions and
 * users are read for each request. */

/** Remembers the last `maxEntries` texts, and up to twice as many. An `undefined` is not
 * remembered, so that junk pushes nothing out. */
export const memo = <T>(maxEntries: number, make: (text: string) => T): ((text: string) => T) => {
  let young = new Map<string, T>()
  let old = young
  return (text) => {
    const found = young.get(text)
    if (found !== undefined) return found
    const made = old.get(text) ?? make(text)
    if (young.size >= maxEntries) {
      old = young
      young = new Map()
    }
    if (made !== undefined) young.set(text, made)
    return made
  }
}
