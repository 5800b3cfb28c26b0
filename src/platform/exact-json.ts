/** JSON whose numbers keep their text where a double would change their value: what the vendor stores as 12345678901234567890 is passed on as that. */

/** ECMAScript's "JSON.parse source text access", which the type library does not know yet. */
const { parse, rawJSON, isRawJSON } = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
  rawJSON(text: string): object
  isRawJSON(value: unknown): boolean
}

/** A decimal of fewer digits and a shorter exponent comes through a double unchanged. Text in strings may match too, which costs only time. */
const risky = /(?:^|[\s:[,])(?:-?[\d.]{16}|-?\d[\d.]*[eE][-+]?\d{3})/

/** Whether a number in it may be one that no double holds; sure only when it says no. */
export const mayRound = (text: string): boolean => risky.test(text)

/** The value as `JSON.parse` gives it, but for numbers that no double holds: those are raw JSON, which `JSON.stringify` writes as they came. */
export const parseExact = (text: string): unknown =>
  mayRound(text)
    ? parse(text, (_key, value, { source }) =>
        typeof value === 'number' && source !== undefined && !isExact(source) ? rawJSON(source) : value,
      )
    : JSON.parse(text)

/** Whether it is one of those numbers, which are objects with nothing to look into. */
export const isRaw = isRawJSON

/** Whether a number that is written like this has the same value once it was read and is written again. */
export const isExact = (number: string): boolean => {
  if (!mayRound(number)) return true
  const value = Number(number)
  return Number.isFinite(value) && decimalOf(number) === decimalOf(String(value))
}

/** One writing for each value: digits without zeros around them, and the power of ten. */
const decimalOf = (number: string): string => {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(number)!
  const digits = whole + fraction
  let from = 0
  while (digits[from] === '0') from += 1
  let to = digits.length
  while (to > from && digits[to - 1] === '0') to -= 1
  return from === to ? '0' : `${sign}${digits.slice(from, to)}e${Number(exponent) - fraction.length + digits.length - to}`
}
