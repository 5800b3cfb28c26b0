/** Our clock beside the vendor's, by the Date of its answers: a wrong one makes tokens and limits
 * fail with words that lead elsewhere. */

/** Tokens of ours are refused when the clocks differ by more. */
const toleratedSeconds = 30
/** A look now and then is enough, and costs a call nothing. */
const everyMs = 10_000

/** `tell` hears once by how many seconds the vendor is ahead, and 0 when the clocks agree again. */
export const createClockWatch = (tell: (seconds: number) => void) => {
  let lookedAt = Number.NEGATIVE_INFINITY
  let isOff = false
  return (date: unknown): void => {
    if (typeof date !== 'string' || performance.now() - lookedAt < everyMs) return
    const seconds = Math.round((Date.parse(date) - Date.now()) / 1000)
    if (Number.isNaN(seconds)) return
    lookedAt = performance.now()
    const off = Math.abs(seconds) > toleratedSeconds
    if (off !== isOff) tell(off ? seconds : 0)
    isOff = off
  }
}
