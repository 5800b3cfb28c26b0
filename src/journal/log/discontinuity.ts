/** What is said of a log that does not go on from what was seen of it. By these sentences a closed
 * gate is told from one of a store that is only away. */
export const discontinuity = {
  shorter: (from: number, to: number) => `the log went back from ${from} to ${to}`,
  otherThanAnchored: (size: number) => `the log is not the one that was anchored at ${size}`,
  otherThanEnded: (size: number) => `the log is not the one that ended at ${size}`,
  replaced: (former: string, journal: string) => `the journal ${former} is gone: another one, ${journal}, stands in its place`,
} as const

/** What of each sentence is the same whatever the numbers and names are. */
const fixed = [
  discontinuity.shorter(0, 0),
  discontinuity.otherThanAnchored(0),
  discontinuity.otherThanEnded(0),
  discontinuity.replaced('0', '0'),
].map((sentence) => sentence.split('0'))

/** Whether the cause of a closed gate is one of them. */
export const isDiscontinuity = (cause: string): boolean =>
  fixed.some(([first = '', ...others]) => cause.startsWith(first) && others.every((part) => cause.includes(part)))
