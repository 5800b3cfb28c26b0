/** Text of any code points, lone surrogates aside. Those of fast-check's own unit `binary` are kept in a map of a million entries, which
 * takes 85 MB of each process and a second of it. */
import fc, { type Arbitrary } from 'fast-check'

const surrogates = { first: 0xd800, count: 0x800 }

export const codePoint = fc.integer({ min: 0, max: 0x10_ffff - surrogates.count }).map(
  (n) => String.fromCodePoint(n < surrogates.first ? n : n + surrogates.count),
  (it) => {
    if (typeof it !== 'string') throw new Error('no text')
    const point = it.codePointAt(0)
    if (point === undefined || String.fromCodePoint(point) !== it) throw new Error('not one code point')
    return point < surrogates.first ? point : point - surrogates.count
  },
)

export const anyText = (bounds: { readonly minLength?: number; readonly maxLength?: number } = {}): Arbitrary<string> =>
  fc.string({ ...bounds, unit: codePoint })
