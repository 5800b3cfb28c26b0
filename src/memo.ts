/** What a pure function gave for recent texts. Never for what may change elsewhere: sessions and users are read anew for each request. */

/** Holds at most so many; then it begins anew. An `undefined` is not remembered, so that junk pushes nothing out. */
export const memo = <T>(most: number, make: (text: string) => T): ((text: string) => T) => {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const made = make(text)
    if (known.size >= most) known.clear()
    if (made !== undefined) known.set(text, made)
    return made
  }
}
