/** The headers that go upstream, built from nothing, and the two of an answer that we look at: how
 * long the vendor wants to be left alone, and its name for the call. */

/** The headers that are sent, none of a caller but the trace, of which no `tracestate` or
 * `baggage`; the sender adds the length. */
export const requestHeaders = (authorization: string, traceparent: string, contentType?: string): Record<string, string> => ({
  accept: 'application/json',
  // Nothing to unpack, so a small answer cannot swell.
  'accept-encoding': 'identity',
  'user-agent': 'smooch-bff',
  authorization,
  traceparent,
  ...(contentType !== undefined && { 'content-type': contentType }),
})

/** A header of an answer as it comes: more than one of a name says nothing. */
type Value = string | string[] | undefined | null

/** Seconds by `Retry-After` in either form, within 1 to 60; undefined when it makes no sense. */
export const retryAfter = (value: Value, now = Date.now()): number | undefined => {
  if (typeof value !== 'string' || value === '') return undefined
  // `Date.parse` would take almost anything, so a date must look like one of HTTP's.
  const seconds = /^\d+$/.test(value) ? Number(value) : / GMT$/.test(value) ? Math.ceil((Date.parse(value) - now) / 1000) : Number.NaN
  return Number.isNaN(seconds) ? undefined : Math.min(60, Math.max(1, seconds))
}

/** The vendor's request id when it is fit for a log line. */
export const requestId = (value: Value): string | undefined =>
  typeof value === 'string' && /^[\w.:=+/-]{1,128}$/.test(value) ? value : undefined
