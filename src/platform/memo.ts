/** What a pure function gave for recent texts. Never for what may change elsewhere: sessions and users are read anew for each request. */

/** Holds the last `most` for certain and twice as many at best: what is asked again outlives what is not. An `undefined` is not remembered, so that junk pushes nothing out. */
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
