/** Two short lists: the headers that go upstream, built from nothing, and those of an answer that we look at. */

export interface Payload {
  readonly type: string
  /** Absent for a stream, which goes out in chunks. */
  readonly length?: number
}

/** What we send. A caller's header never gets here. */
export const requestHeaders = (authorization: string, payload?: Payload): Record<string, string> => ({
  accept: 'application/json',
  // Nothing to unpack, so a small answer cannot swell.
  'accept-encoding': 'identity',
  'user-agent': 'smooch-bff',
  authorization,
  ...(payload && { 'content-type': payload.type }),
  ...(payload?.length !== undefined && { 'content-length': String(payload.length) }),
})

/** What we read; the rest of an answer's headers is dropped at the socket. */
export const answerHeaders = [
  'retry-after', // how long the vendor wants to be left alone
  'x-request-id', // the vendor's name for the call, for the log
] as const

/** Seconds to wait by `Retry-After` in either of its forms, within 1 to 60; undefined when there is none that makes sense. */
export const retryAfter = (value: string | undefined, now = Date.now()): number | undefined => {
  if (!value) return undefined
  // `Date.parse` would take almost anything, so a date must look like one of HTTP's.
  const seconds = /^\d+$/.test(value) ? Number(value) : / GMT$/.test(value) ? Math.ceil((Date.parse(value) - now) / 1000) : Number.NaN
  return Number.isNaN(seconds) ? undefined : Math.min(60, Math.max(1, seconds))
}

/** The vendor's request id when it is fit for a log line. */
export const requestId = (value: string | undefined): string | undefined => (value && /^[\w.:=+/-]{1,128}$/.test(value) ? value : undefined)
