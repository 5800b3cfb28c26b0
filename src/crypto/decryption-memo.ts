/** What sealed texts said. The store is asked each time and its bytes decide: what is remembered is
 * good for exactly that text in that place, so it is never older than what the store holds. */
import { type KeyRing, perKey } from './key-ring.ts'

interface Opened<T> {
  readonly sealed: string
  readonly value: T
}

/** What nobody asks for is forgotten after once to twice as long. */
const lifeMs = 30_000
/** Characters of sealed text; twice as many at most. */
const room = 2_000_000

const createLatest = <T>() => {
  let young = new Map<string, Opened<T>>()
  let old = young
  let size = 0
  let timer: NodeJS.Timeout | undefined
  const turn = (): void => {
    clearTimeout(timer)
    timer = young.size > 0 ? setTimeout(turn, lifeMs).unref() : undefined
    old = young
    young = new Map()
    size = 0
  }
  const last = (place: string): T | undefined => (young.get(place) ?? old.get(place))?.value
  const read = (place: string, sealed: string, open: () => T | undefined): T | undefined => {
    const recent = young.get(place)
    if (recent?.sealed === sealed) return recent.value
    const known = old.get(place)
    const value = known?.sealed === sealed ? known.value : open()
    if (value === undefined) return undefined
    if (size + sealed.length > room) turn()
    size += sealed.length
    young.set(place, { sealed, value })
    timer ??= setTimeout(turn, lifeMs).unref()
    return value
  }
  return { last, read }
}

/** One opening for each time that a text changes. What cannot be opened is not remembered, and
 * nothing outlives a change of the key ring. */
export const opener = <T>() => {
  const ofRing = perKey(() => createLatest<T>())
  return {
    read: (peppers: KeyRing, place: string, sealed: string, open: () => T | undefined): T | undefined =>
      ofRing(peppers()[0]).read(place, sealed, open),
    /** What stood there last, as far as it is remembered: a guess. */
    last: (peppers: KeyRing, place: string): T | undefined => ofRing(peppers()[0]).last(place),
  }
}
