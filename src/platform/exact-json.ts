/** JSON whose numbers keep their text where a double would change them: 12345678901234567890 of the
 * vendor is passed on as it is. */

/** ECMAScript's "JSON.parse source text access", which the type library does not know yet. */
const { parse, rawJSON, isRawJSON } = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
  rawJSON(text: string): object
  isRawJSON(value: unknown): boolean
}

/** Few digits and a short exponent pass through a double unchanged. A match within a string only
 * costs time. Two patterns, since the proof that they are linear takes minutes for one of both. */
const digits = /(?:^|[\s:[,])-?[\d.]{16}/
const exponent = /(?:^|[\s:[,])-?\d[\d.]*[eE][-+]?\d{3}/

/** False only when every number in the text survives a double. */
export const mayRound = (text: string): boolean => digits.test(text) || exponent.test(text)

/** As `JSON.parse`, but numbers that no double holds are raw JSON, and written as they came. */
export const parseExact = (text: string): unknown =>
  mayRound(text)
    ? parse(text, (_key, value, { source }) =>
        typeof value === 'number' && source !== undefined && !isExact(source) ? rawJSON(source) : value,
      )
    : JSON.parse(text)

/** True for such a number: an object with nothing to look into. */
export const isRaw = isRawJSON

/** True when a number written like this has the same value after reading and writing. */
export const isExact = (number: string): boolean => {
  if (!mayRound(number)) return true
  const value = Number(number)
  return Number.isFinite(value) && decimalOf(number) === decimalOf(String(value))
}

/** One form for each value: digits without outer zeros, and the power of ten. */
const decimalOf = (number: string): string => {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(number)!
  const digits = whole + fraction
  let from = 0
  while (digits[from] === '0') from += 1
  let to = digits.length
  while (to > from && digits[to - 1] === '0') to -= 1
  return from === to ? '0' : `${sign}${digits.slice(from, to)}e${Number(exponent) - fraction.length + digits.length - to}`
}
