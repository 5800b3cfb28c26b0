/** Findings of a verification, as people read them: the fault, its place, its operations. */

export interface Finding {
  readonly what: string
  /** Index of the first wrong event, where known. */
  readonly index?: number
  /** The damaged batch: from, to (exclusive). */
  readonly batch?: readonly [number, number]
  /** Ids of the operations whose events stand there, as far as they can be read. */
  readonly operations?: readonly string[]
}

export type Find = (what: string, index?: number, batch?: readonly [number, number]) => void

const maxFindings = 50
/** A thousand damaged rows of one table must not hide other faults. */
const maxAlike = 10

export const createFindings = () => {
  const findings: Finding[] = []
  const warnings: string[] = []
  const alike = new Map<string, number>()
  const find: Find = (what, index, batch) => {
    const before = alike.get(what) ?? 0
    alike.set(what, before + 1)
    if ((index === undefined && !batch && before > 0) || before >= maxAlike || findings.length >= maxFindings) return
    findings.push({ what, ...(index !== undefined && { index }), ...(batch && { batch }) })
  }
  /** Those that were kept, and how many more there were of each. */
  const all = (): Finding[] => [
    ...findings,
    ...[...alike].flatMap(([what, count]) => (count > maxAlike ? [{ what: `${what}: ${count} times in all` }] : [])),
  ]
  return { all, warnings, find, warn: (text: string): unknown => warnings.push(text) }
}

export type Warn = ReturnType<typeof createFindings>['warn']

/** The indexes of events that a finding is about; undefined when it is about none. */
export const placeOf = ({ index, batch }: Finding): readonly [number, number] | undefined =>
  batch ?? (index === undefined ? undefined : [index, index + 1])

export const sentenceOf = ({ what, index, batch, operations = [] }: Finding): string =>
  [
    what,
    ...(index === undefined ? [] : [`at event ${index}`]),
    ...(batch ? [`in the batch ${batch[0]} to ${batch[1] - 1}`] : []),
    ...(operations.length > 0 ? [`of ${operations.join(' and ')}`] : []),
  ].join(', ')
