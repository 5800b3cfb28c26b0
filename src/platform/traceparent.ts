/** The header `traceparent` of W3C Trace Context, strictly: a malformed one counts as absent. */

export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  /** Whether whoever asked records the trace, and whether its id is random; other bits have no meaning yet. */
  readonly flags: number
}

const form = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const meaningful = 0b11

/** Two headers come joined by a comma, which is malformed. A later version may say more behind the fields of this one. */
export const parseTraceParent = (header: string | undefined): TraceParent | undefined => {
  const [, version, traceId, spanId, flags, more] = (header && form.exec(header)) || []
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined)) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags!, 16) & meaningful }
}

export const formatTraceParent = ({ traceId, spanId, flags }: TraceParent): string =>
  `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`

const hex = (words: number): string => {
  let text = ''
  for (let at = 0; at < words; at++) text += ((Math.random() * 2 ** 32) >>> 0).toString(16).padStart(8, '0')
  return text
}
/** Names, not secrets, so they may be guessed. All zeros would be no id. */
export const newTraceId = (): string => `${hex(3)}${hex(1).replace(/^0{8}$/, '00000001')}`
export const newSpanId = (): string => `${hex(1)}${hex(1).replace(/^0{8}$/, '00000001')}`
